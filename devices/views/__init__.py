"""Pages of the device floor."""
