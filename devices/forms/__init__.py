"""Forms of the device floor: they check what was typed and never save."""
