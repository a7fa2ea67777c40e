"""What other tools read: the versions as tables, and as a git repository laid out as the Princeton-Leuven corpus is."""
