"""The API for programs: keys instead of sessions, JSON instead of pages, the same flows and queries behind."""
