"""Data processing agreements: a class that the gate tells apart (`pipelines.kinds.classes`)."""
