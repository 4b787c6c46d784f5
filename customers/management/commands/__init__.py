"""Command line of this floor."""
