"""Speed and size as ratios beside peers, measured in one run; nothing here asserts a time."""
