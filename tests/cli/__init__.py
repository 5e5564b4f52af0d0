"""What the tests of the ``sume`` command share: a sandbox, runs off a terminal, runs on one."""
