"""Processes that own the loop."""
