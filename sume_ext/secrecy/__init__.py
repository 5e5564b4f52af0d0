"""What keeps secrets secret: wrapping, finding and removing them, on every way out.

Nothing here performs anything; the other packages call it at their borders.
"""
