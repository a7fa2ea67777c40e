"""Processing of snapshots, from archived bytes to documents, files and catalog. Independent of spiders and requests."""
