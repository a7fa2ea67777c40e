"""Privacy policies."""
