"""Pages of the customer floor, one file for each role."""
