"""Pages: the console for the office."""
