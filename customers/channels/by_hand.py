"""Channels that no machine of ours reaches yet: customer service passes the message on."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """What customer service has to do, in words."""

    words: str


def hand_over(*, channel: str, phone: str, email: str) -> HandOver | None:
    """The task for customer service, or None when the machine can tell the customer itself."""
    if channel == "portal":
        return None
    if channel == "email":
        if email:
            return None
        return HandOver(words=f"There is no e-mail address on the account. {_reach(phone)}")
    if channel == "text":
        words = "The customer wants text messages, which are not sent automatically yet."
    else:
        words = "The customer wants to be called."
    return HandOver(words=f"{words} {_reach(phone)}")


def _reach(phone: str) -> str:
    return (
        f"Telephone: {phone}." if phone else "No telephone number on the account: write a letter."
    )
