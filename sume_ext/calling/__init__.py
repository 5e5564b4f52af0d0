"""One call of one operation: what is sent, when it may be sent again, and how its answer is read.

Whatever goes through here is sent once, or again where that can't cost anything twice. It knows
nothing of sockets, and nothing of waiting or paging.
"""
