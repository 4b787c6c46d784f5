"""People, their roles, and who may open what."""
