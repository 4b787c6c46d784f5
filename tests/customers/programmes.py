"""Programmes for tests."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from customers.models import Programme, ProgrammeVersion
from tests.factories import AT


def make_programme(code: str = "EVENING", **terms: Any) -> ProgrammeVersion:
    """For batteries under Solar Partner, unless `terms` say otherwise."""
    values: dict[str, Any] = {
        "number": 1,
        "active_from": AT - timedelta(days=30),
        "summary": "Your battery helps in the evening.",
        "text": "Terms.",
        "technologies": ["battery"],
        "tariff_codes": ["SOLAR-PARTNER"],
        "needs_control": True,
        "incentive_kind": "monthly",
        "incentive_amount": Decimal("12.00"),
    }
    programme = Programme.objects.create(code=code, name=code.title())
    return ProgrammeVersion.objects.create(programme=programme, **{**values, **terms})
