"""Keys that open something for whoever holds them: made once, kept only as a digest."""

import hashlib
import secrets


def new_key(prefix: str = "") -> str:
    """A key with 256 bits of chance, in letters that an address can hold."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """What is kept of a key; with 256 bits of chance a plain digest keeps it unreadable."""
    return hashlib.sha256(key.encode()).hexdigest()
