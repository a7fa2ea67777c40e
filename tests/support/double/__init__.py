"""The parts of the archive double; tests/support/archive_double.py puts them together."""
