"""The shell and the parts, seen in a real browser."""
