"""The choice of captures to read: from a page's listing rows and the answers so far. Pure."""
