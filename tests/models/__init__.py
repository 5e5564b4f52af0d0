"""Stand-ins that are simple enough to be right by reading them, for tests of many inputs."""
