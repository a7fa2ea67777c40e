"""Values of settings and arguments: checked before the reactor starts, each with its remedy."""
