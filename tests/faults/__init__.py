"""A server that misbehaves on the wire, and what the client must make of it."""
