"""Applications at the steps where Engineering, Operations and the field meet them."""

from datetime import date
from typing import Any

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import Decision, InterconnectionApplication, NetworkUpgrade
from interconnection.selectors.network import connection_of
from interconnection.services.decisions import NewUpgrade, Proposal, plan_upgrade, propose_decision
from interconnection.services.screening import run_screens
from interconnection.statuses import ApplicationStatus, DecisionVerdict, Technology
from tests.factories import AT, make_agreement, make_application, make_unit, nameplate


def sized(active_power_w: int, **changes: Any) -> dict[str, Any]:
    return {**nameplate(active_power_w=active_power_w), **changes}


def application_in_review(
    person: User,
    point: UsagePoint,
    tariff_version: TariffVersion,
    *,
    with_battery: bool = True,
    active_power_w: int = 8_000,
    is_screened: bool = True,
) -> InterconnectionApplication:
    """PV, and a battery if wanted, complete and screened."""
    agreement = make_agreement(point, tariff_version, accepted_by=person)
    application = make_application(point, agreement=agreement, status=ApplicationStatus.IN_REVIEW)
    make_unit(application, **sized(active_power_w))
    if with_battery:
        make_unit(application, technology=Technology.BATTERY)
    if is_screened:
        run_screens(application=application, at=AT, by="cleo")
    return application


def proposed(
    application: InterconnectionApplication,
    engineer: User,
    verdict: DecisionVerdict = DecisionVerdict.APPROVE,
    **changes: Any,
) -> Decision:
    if verdict == DecisionVerdict.HOLD:
        changes.setdefault("upgrade", upgrade_of(application))
    proposal = Proposal(verdict=verdict, reasons="All screens pass.", **changes)
    return propose_decision(application=application, proposal=proposal, at=AT, by=engineer)


def upgrade_of(application: InterconnectionApplication) -> NetworkUpgrade:
    connection = connection_of(application.usage_point)
    assert connection is not None
    feeder = connection.transformer.bus.feeder
    return plan_upgrade(new=NewUpgrade(feeder, "New conductor beyond R1", date(2026, 11, 1)))
