"""The parts of the archive double, which tests/support/archive_double.py combines."""
