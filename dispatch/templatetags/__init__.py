"""Template filters of the dispatch floor."""
