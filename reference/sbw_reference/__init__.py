"""A provider that keeps the Small Business Web standard, and breaks it on demand."""
