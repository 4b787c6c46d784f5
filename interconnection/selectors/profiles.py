"""Which settings profile an application's units are to have, and its curves for a study (IC-5)."""

from interconnection.models import DecisionCondition, InterconnectionApplication
from interconnection.powerflow.circuit import VoltCurve
from interconnection.screening.profile import (
    VOLT_VAR,
    VOLT_WATT,
    Curve,
    default_profile,
    profile_of,
)
from interconnection.statuses import ConditionKind, DecisionStatus, DecisionVerdict

# The most reactive power of the inverters that are studied, of their rating in VA.
REACTIVE_SHARE = 0.44
APPROVED = (DecisionStatus.CONFIRMED,)
# Operations confirms after modelling what Engineering proposed.
NAMED = (DecisionStatus.CONFIRMED, DecisionStatus.PROPOSED)


def profile_title(application_id: int, statuses: tuple[DecisionStatus, ...]) -> str:
    """What the last approval in one of these states names; empty where it names none."""
    condition = (
        DecisionCondition.objects.filter(
            kind=ConditionKind.SETTINGS_PROFILE,
            decision__application_id=application_id,
            decision__verdict=DecisionVerdict.APPROVE,
            decision__status__in=statuses,
        )
        .order_by("-decision_id", "pk")
        .first()
    )
    return condition.settings_profile if condition is not None else ""


def curves_of(application: InterconnectionApplication) -> tuple[VoltCurve, VoltCurve, str]:
    """Volt-var and volt-watt to study the application with, and whose they are.

    A mode that its profile leaves out is studied with the default of the category: the study tells
    what it would help.
    """
    categories = {one.normal_operating_performance_category for one in application.units.all()}
    category = "A" if "A" in categories else "B"
    title = profile_title(application.pk, NAMED)
    profile = profile_of(title) or default_profile(category)
    volt_var = profile.volt_var or VOLT_VAR[profile.category]
    words = f"Volt-var {volt_var}, volt-watt {profile.volt_watt or VOLT_WATT}: "
    whose = f"the profile “{title}”" if title else f"the defaults of category {category}"
    return (
        _studied(volt_var, 100 * REACTIVE_SHARE),
        _studied(profile.volt_watt or VOLT_WATT, 100.0),
        f"{words}{whose}.",
    )


def _studied(curve: Curve, whole_pct: float) -> VoltCurve:
    """In pu of the voltage and of the most of what the curve asks for."""
    return VoltCurve(
        tuple(
            (round(x / 100, 6), round(max(-1.0, min(1.0, y / whole_pct)), 6))
            for x, y in curve.points
        )
    )
