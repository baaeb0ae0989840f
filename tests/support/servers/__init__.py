"""Real servers of the tests' own: private folders, free loopback ports, ended by the process that started them.

They know nothing of the product. What a machine lacks is reported as ServerMissingError; tests/conftest.py decides whether
that skips a test or fails it.
"""
