"""REST operations of the customer floor."""
