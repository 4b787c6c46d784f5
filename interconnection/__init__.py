"""Interconnection: application, screens, decision, commissioning, permission to operate, DER."""
