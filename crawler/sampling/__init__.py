"""Which captures of a page to read."""
