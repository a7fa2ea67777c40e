"""Evidence of a version: its text and the one before, with all that shows where they are from, in a folder to pass on."""
