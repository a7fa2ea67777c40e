"""Whether a document is what it is taken for."""
