"""Acceptable use policies and community guidelines: a class that the gate tells apart (`pipelines.kinds.classes`)."""
