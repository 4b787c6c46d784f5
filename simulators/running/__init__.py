"""A fleet at work: live, in the past, by a scenario; its state, journal and control."""
