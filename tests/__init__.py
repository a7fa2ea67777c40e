"""A regular package, since waybackpy installs a package of the same name that would hide a folder without this file."""
