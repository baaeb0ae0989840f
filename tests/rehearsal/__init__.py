"""The rehearsal: the files an operator starts from, carried out to the letter on this machine without a container engine."""
