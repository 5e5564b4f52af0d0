"""The commands that are more than one operation of the API; each module is a group of them."""
