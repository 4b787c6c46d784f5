"""When no machine can tell a customer: customer service passes the message on."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """What customer service has to do, in words."""

    words: str


def hand_over(
    *, channel: str, phone: str, email: str, has_provider: bool = False
) -> HandOver | None:
    """The task for customer service, or None when the machine can tell the customer itself."""
    if channel == "portal":
        return None
    if channel == "email":
        if email:
            return None
        return HandOver(words=f"There is no e-mail address on the account. {_reach(phone)}")
    if has_provider and any(letter.isdigit() for letter in phone):
        return None
    if channel == "text" and has_provider:
        words = "The customer wants text messages."
    elif channel == "text":
        words = "The customer wants text messages, which are not sent automatically yet."
    else:
        words = "The customer wants to be called."
    return HandOver(words=f"{words} {_reach(phone)}")


def _reach(phone: str) -> str:
    return (
        f"Telephone: {phone}." if phone else "No telephone number on the account: write a letter."
    )
