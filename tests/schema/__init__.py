"""Schemas worded in other ways, and what to compare them by."""
