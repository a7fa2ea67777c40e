"""Imprints and legal notices: a class that the gate tells apart (`pipelines.kinds.classes`)."""
