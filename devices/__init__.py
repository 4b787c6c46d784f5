"""Devices: how the product talks to a DER, and what the DER last said."""
