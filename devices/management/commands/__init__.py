"""One file each: what an engineer can ask from a terminal."""
