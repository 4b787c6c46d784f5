"""The network as an engineer describes it: pure data, free of any framework."""
