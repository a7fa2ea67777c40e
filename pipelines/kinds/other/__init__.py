"""Everything else: shops, articles, forms, errors: a class that the gate tells apart (`pipelines.kinds.classes`)."""
