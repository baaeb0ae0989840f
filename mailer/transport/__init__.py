"""Outward: SMTP sessions, budgets, the built-in sandbox relay. Decides nothing."""
