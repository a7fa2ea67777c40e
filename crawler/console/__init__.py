"""What a person reads in a terminal: log lines, tables, the state of a folder, the versions that a command names."""
