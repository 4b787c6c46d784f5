"""Ports, connections and what goes wrong on them."""
