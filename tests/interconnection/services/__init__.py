"""Tests of the interconnection services."""
