"""What a dispatch really did: delivered, available without it, curtailed, paid (DI-7)."""

from dispatch.settlement.delivery import Outcome, deliver
from dispatch.settlement.facts import Counters, Event, MemberFacts, Order, Sample
from dispatch.settlement.payment import payment_for

__all__ = [
    "Counters",
    "Event",
    "MemberFacts",
    "Order",
    "Outcome",
    "Sample",
    "deliver",
    "payment_for",
]
