"""REST doors of this floor."""
