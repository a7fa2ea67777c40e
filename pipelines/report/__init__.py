"""The report: a static site built from the catalog and the text files. It opens from disk and loads nothing remote."""
