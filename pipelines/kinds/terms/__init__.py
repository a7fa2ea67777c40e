"""Terms of service: a class that the gate tells apart (`pipelines.kinds.classes`)."""
