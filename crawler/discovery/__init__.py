"""Which pages of a domain can be its policy, and how to find them for few questions."""
