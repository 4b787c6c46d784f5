"""Pages of the dispatch floor: the console, dispatches, and what customers see of them."""
