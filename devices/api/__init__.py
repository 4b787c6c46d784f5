"""REST operations of the device floor."""
