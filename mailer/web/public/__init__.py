"""The recipients' pages: without login, by personal link, on their own listener."""
