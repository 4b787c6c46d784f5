"""Deeds of the interconnection floor, one file for each step of an application."""
