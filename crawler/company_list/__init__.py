"""The companies file: its entries, its three forms (YAML, CSV, one domain a line), and how one is added."""
