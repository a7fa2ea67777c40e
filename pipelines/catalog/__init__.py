"""The catalog: every capture, memento and document, with their state."""
