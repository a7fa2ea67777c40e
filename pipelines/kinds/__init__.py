"""The kinds of documents; one folder holds all that knows a kind."""
