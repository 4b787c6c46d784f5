"""Tests of the interconnection floor."""
