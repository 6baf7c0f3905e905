"""Questions about a configuration and its provider, each answered before any verdict is tried."""
