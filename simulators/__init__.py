"""A simulated fleet of SunSpec devices; a building with no door to the product."""
