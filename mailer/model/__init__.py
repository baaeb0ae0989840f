"""Pure nouns and rules of sending: statuses, replies, retry times, signed ids. No I/O, no clock, no settings."""
