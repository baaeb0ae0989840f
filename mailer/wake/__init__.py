"""How a sleeping worker is told that there is work."""
