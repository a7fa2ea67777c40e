"""Making documents again from stored mementos, and judging them again. It asks only for a lost record."""
