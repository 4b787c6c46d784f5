"""What a period came to for one service point: energy, dispatches, money, gaps (CS-10)."""

from dispatch.statements.compose import compose
from dispatch.statements.content import Content, Day, Gap, Line, Part
from dispatch.statements.facts import Contract, Energy, Participation, Source, StatementFacts

__all__ = [
    "Content",
    "Contract",
    "Day",
    "Energy",
    "Gap",
    "Line",
    "Part",
    "Participation",
    "Source",
    "StatementFacts",
    "compose",
]
