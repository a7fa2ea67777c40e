"""What tests use: archive doubles, other people's programs, made-up histories, commands."""
