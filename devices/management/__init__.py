"""Commands for whoever runs the devices."""
