"""Tests of the quick screens and of the other pure rules."""
