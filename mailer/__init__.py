"""Distribution of numbered bulletins by e-mail, with a ledger that adds up."""
