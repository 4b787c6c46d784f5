"""Lists of devices against the register, and nameplates against what devices say (pure)."""
