"""Sockets and what bounds them: one exchange over HTTP, in time, in size and to one origin.

Only this package opens connections. It knows bytes, deadlines and addresses; it knows nothing of
operations, jobs or credentials' meaning.
"""
