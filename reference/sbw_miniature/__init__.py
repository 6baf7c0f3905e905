"""A second SBW provider, written from the text and the schemas of the standard alone.

It serves the classes core and contacts from memory, and uses nothing but Python's standard
library. What the text left open is kept in QUESTIONS.md.
"""
