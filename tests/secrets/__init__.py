"""Helpers for the guarantee that nothing secret leaks: markers, and what finds them."""
