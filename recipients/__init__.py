"""Who may be written to: addresses, units, posts, people, lists. Usable and testable alone; never imports mailer."""
