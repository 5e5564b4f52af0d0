"""Files on their way up and down, one attempt after another, through hostile networks.

A file arrives whole under its name or not at all, and no credential of ours travels with it.
"""
