"""The catalog: what is known of every capture, memento and document."""
