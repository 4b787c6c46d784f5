"""Forms of the interconnection floor: they check what was typed and never save."""
