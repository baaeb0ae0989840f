"""A scripted SMTP relay that does what real relays do wrong, and keeps the books on what it really took.

Its log is the tests' ground truth, so it shares no code with the product. Runs in a thread (``server.FaultServer``) or as a
program of its own that outlives the sender's death (``program.FaultProgram``, ``python -m tests.support.fault_smtp``).
"""
