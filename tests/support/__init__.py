"""Helpers of the tests: archive doubles, other projects' programs, generated histories, commands."""
