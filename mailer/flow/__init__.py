"""One use case per file, each read from top to bottom. Owns the transactions; declares the ports it needs."""
