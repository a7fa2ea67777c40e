"""Exports for other tools: the versions as tables, and as a git repository in the layout of the Princeton-Leuven corpus."""
