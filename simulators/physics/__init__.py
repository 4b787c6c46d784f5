"""Sun, houses, batteries, grid: the whole fleet as vectors, one time step at a time."""
