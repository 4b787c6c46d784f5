"""Rules that an application is checked against: pure functions on facts."""
