"""What a customer's consent to a company says, in the words that are kept with it (TP-1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One thing that a consent may allow."""

    key: str
    words: str


READINGS, FILING, TAKING_PART = "may_see_readings", "may_file", "may_enrol"
SCOPES = (
    Scope(
        key=READINGS,
        words="see what my equipment produces, when the utility used it, and my statements",
    ),
    Scope(
        key=FILING,
        words="apply and make requests for me, accept a tariff in my name, "
        "and follow what becomes of it",
    ),
    Scope(
        key=TAKING_PART,
        words="let my equipment take part in programmes and groups, and take it out again",
    ),
)
KEYS = frozenset(scope.key for scope in SCOPES)


def consent_text(
    *,
    company: str,
    customer: str,
    account: str,
    scopes: Collection[str],
    begins_on: date,
    last_day: date | None,
) -> str:
    """The words a customer agrees to; `scopes` are keys of SCOPES."""
    allowed = [f"- {scope.words}" for scope in SCOPES if scope.key in scopes]
    until = f"until {_day(last_day)}" if last_day else "until I end it"
    return "\n".join(
        [
            f"I, {customer} (account {account}), allow {company} from {_day(begins_on)} {until} to",
            *allowed,
            "I stay the utility's customer: my equipment, my agreement and their history are mine. "
            "I can end this on any day, without giving a reason.",
        ]
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
