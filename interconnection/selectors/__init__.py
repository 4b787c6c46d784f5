"""Questions about applications, networks and their DER."""
