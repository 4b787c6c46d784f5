"""Groups of DER: members, capability, status."""
