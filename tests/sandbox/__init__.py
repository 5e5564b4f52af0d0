"""Helpers of the sandbox's own tests."""
