"""Inward: where returned mail comes from."""
