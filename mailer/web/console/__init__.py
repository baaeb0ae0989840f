"""The console: pages for the office's own people. Reads through named queries and flows; serves GET only."""
