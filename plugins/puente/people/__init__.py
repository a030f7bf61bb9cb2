"""One person's data: where it lies, what of it can be given away, and what can be erased."""
