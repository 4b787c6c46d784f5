"""Splits what is asked of a group into whole watts for its members (DI-1)."""

from dispatch.disaggregation.problem import (
    Allocation,
    Ask,
    Function,
    Member,
    Problem,
    Share,
    Storage,
)
from dispatch.disaggregation.solve import solve

__all__ = ["Allocation", "Ask", "Function", "Member", "Problem", "Share", "Storage", "solve"]
