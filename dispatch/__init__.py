"""Dispatch: from a request to a group to verified set-points and what they delivered."""
