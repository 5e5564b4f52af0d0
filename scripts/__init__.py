"""The schema pipeline: fetch, patch, read, name, emit, generate, audit, swap; and drift."""
