"""What every page shares: navigation, formats and fragments."""
