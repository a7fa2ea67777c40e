"""The gate: the kind and the language of a document, judged by its text."""
