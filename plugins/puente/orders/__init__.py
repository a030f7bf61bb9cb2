"""Orders: what a profile says of them, stock, totals, emission, state changes and mail."""
