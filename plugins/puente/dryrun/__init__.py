"""Dry runs: what a reader would do with its queues now, found on a copy, with nothing written on either side."""
