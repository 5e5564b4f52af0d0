"""Python client for the Sume Public API."""
