"""Similarity of texts: equal, equal but for dates, or near."""
