"""The search for a domain's policy pages, with as few requests as possible."""
