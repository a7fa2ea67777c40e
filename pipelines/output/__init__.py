"""The output folder: catalog, WARC files, and the text files made from them."""
