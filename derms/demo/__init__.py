"""The demonstration: a town with everything in it that the product can show."""
