"""REST operations of the interconnection floor."""
