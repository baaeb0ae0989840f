"""Returned mail and replies to meaning, pure: which kind, about whom, whose fault."""
