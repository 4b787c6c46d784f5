"""How a notice is worded and shaped for each channel: pure, no sending."""
