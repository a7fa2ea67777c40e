"""The parts of the archive double; tests/archive_double.py puts them together."""
