"""What a period came to for one service point: energy, dispatches, money, gaps (CS-10)."""

from dispatch.statements.compose import compose
from dispatch.statements.content import Bonus, Content, Day, Gap, Line, Part
from dispatch.statements.facts import (
    Contract,
    Energy,
    PaidFor,
    Participation,
    Reward,
    Source,
    StatementFacts,
)

__all__ = [
    "Bonus",
    "Content",
    "Contract",
    "Day",
    "Energy",
    "Gap",
    "Line",
    "PaidFor",
    "Part",
    "Participation",
    "Reward",
    "Source",
    "StatementFacts",
    "compose",
]
