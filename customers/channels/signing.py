"""Whether a program that shares a secret with us sent something, and just now (pure).

The header is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 of the time, a full stop and the body.
"""

import hashlib
import hmac

NEAR_S = 300
HEADER_MAX = 200


def signature_of(secret: str, body: bytes, at_s: int) -> str:
    signed = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256)
    return f"t={at_s},v1={signed.hexdigest()}"


def is_signed(secret: str, *, body: bytes, given: str, now_s: float) -> bool:
    """False without a secret, for another body, and for what is five minutes old or early."""
    if not secret or len(given) > HEADER_MAX:
        return False
    parts = dict(part.partition("=")[::2] for part in given.split(","))
    time = parts.get("t", "")
    if not (time.isascii() and time.isdigit()) or abs(now_s - int(time)) > NEAR_S:
        return False
    return hmac.compare_digest(signature_of(secret, body, int(time)).encode(), given.encode())
