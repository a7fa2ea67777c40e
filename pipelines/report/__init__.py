"""The report: a static site made from the catalog and the text files, which opens from disk and asks nobody for anything."""
