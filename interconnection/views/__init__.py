"""Pages of the interconnection floor, one file for each role."""
