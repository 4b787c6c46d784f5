"""The demo town's tariff book and certified equipment."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from customers.models import Tariff, TariffVersion
from customers.models.tariff import RequiredCommunication
from customers.selectors.tariffs import said_by
from customers.services.tariffs import begin_draft, save_draft
from customers.tariffs.wording import full_text
from derms.accounts.models import User
from derms.demo.fleet_file import House, Machine
from interconnection.models import EquipmentModel
from interconnection.statuses import Technology

ALL_PHASES = ["A", "B", "C", "AB", "BC", "AC", "ABC"]
TECHNOLOGY = {"pv": Technology.PHOTOVOLTAIC, "battery": Technology.BATTERY}


ONE_PRICE_LINE = ("All year", "01-01", "every_day", "00:00", "Any time")


@dataclass(frozen=True)
class Terms:
    """What one tariff of the demo says; the parts of `lines` stand in NAMES."""

    code: str
    name: str
    technologies: tuple[Technology, ...]
    apparent_power_max_va: int
    communication: RequiredCommunication
    may_join_groups: bool
    curtailment_price_per_kwh: Decimal
    lines: tuple[tuple[str, str, str, str, str, str | None, str], ...]
    summary: tuple[str, ...]
    rules: Mapping[str, Any] = field(default_factory=dict)


BOOK = (
    Terms(
        "HOME-SOLAR",
        "Home Solar",
        technologies=(Technology.PHOTOVOLTAIC,),
        apparent_power_max_va=10_000,
        communication=RequiredCommunication.NONE,
        may_join_groups=False,
        curtailment_price_per_kwh=Decimal("0.00000"),
        lines=((*ONE_PRICE_LINE, None, "0.06500"),),
        summary=(
            "For roofs up to 10 kVA without a battery.",
            "You are paid for every kilowatt-hour you export.",
            "The utility neither reads nor limits your inverter.",
        ),
        rules={"notice_days": 30},
    ),
    Terms(
        "SOLAR-PARTNER",
        "Solar Partner",
        technologies=(Technology.PHOTOVOLTAIC, Technology.BATTERY),
        apparent_power_max_va=30_000,
        communication=RequiredCommunication.MONITOR_AND_CONTROL,
        may_join_groups=True,
        curtailment_price_per_kwh=Decimal("0.11000"),
        lines=((*ONE_PRICE_LINE, None, "0.08200"),),
        summary=(
            "For solar and batteries up to 30 kVA.",
            "You are paid more for what you export, because you help the grid.",
            "The utility reads your inverter and may limit it for some hours a month.",
            "Every limited kilowatt-hour is paid, and you see each event in the portal.",
        ),
        rules={"notice_days": 30, "left_on": "month_end", "opt_outs_per_month_max": 3},
    ),
    Terms(
        "SUNSET-HOURS",
        "Sunset Hours",
        technologies=(Technology.PHOTOVOLTAIC, Technology.BATTERY),
        apparent_power_max_va=20_000,
        communication=RequiredCommunication.MONITOR_AND_CONTROL,
        may_join_groups=True,
        curtailment_price_per_kwh=Decimal("0.12000"),
        lines=(
            ("Summer", "05-01", "mon_fri", "00:00", "Night", "0.13200", "0.05200"),
            ("Summer", "05-01", "mon_fri", "06:00", "Day", "0.19800", "0.06100"),
            ("Summer", "05-01", "mon_fri", "17:00", "Evening", "0.38500", "0.21000"),
            ("Summer", "05-01", "mon_fri", "21:00", "Night", "0.13200", "0.05200"),
            ("Summer", "05-01", "sat_sun", "00:00", "Weekend", "0.14500", "0.05600"),
            ("Winter", "10-01", "every_day", "00:00", "Night", "0.13800", "0.05800"),
            ("Winter", "10-01", "every_day", "06:00", "Day", "0.22400", "0.09400"),
            ("Winter", "10-01", "every_day", "22:00", "Night", "0.13800", "0.05800"),
        ),
        summary=(
            "For homes that can wait: energy is cheap by day and dear at sunset.",
            "You are paid 0.21 for each kilowatt-hour you feed in on summer evenings.",
            "The utility may limit your inverter; you may leave out two events a month.",
        ),
        rules={
            "notice_days": 30,
            "minimum_term_months": 12,
            "left_on": "month_end",
            "rejoin_after_days": 180,
            "opt_outs_per_month_max": 2,
            "needs_interval_meter": True,
            "required_forms": ["Single-line diagram of the installation"],
        },
    ),
    Terms(
        "BUSINESS-FLEX",
        "Business Flex",
        technologies=(Technology.PHOTOVOLTAIC, Technology.BATTERY),
        apparent_power_max_va=500_000,
        communication=RequiredCommunication.MONITOR_AND_CONTROL,
        may_join_groups=True,
        curtailment_price_per_kwh=Decimal("0.09500"),
        lines=((*ONE_PRICE_LINE, None, "0.07100"),),
        summary=(
            "For businesses up to 500 kVA.",
            "Output may be limited, and batteries may be charged or discharged, on request.",
            "Every limited kilowatt-hour is paid.",
        ),
        rules={"notice_days": 90, "minimum_term_months": 12, "third_party_may_leave": True},
    ),
)
NAMES = ("season", "season_begins", "days", "begins", "name", "import", "export")


def seed_tariffs(*, active_from: datetime) -> dict[str, TariffVersion]:
    """The book: without communication, with control, by the hour, and for businesses."""
    return {terms.code: _publish(terms, active_from) for terms in BOOK}


def _publish(terms: Terms, active_from: datetime) -> TariffVersion:
    version = TariffVersion(
        tariff=Tariff.objects.create(code=terms.code, name=terms.name),
        number=1,
        summary_lines=list(terms.summary),
        active_from=active_from,
        technologies=[str(technology) for technology in terms.technologies],
        apparent_power_max_va=terms.apparent_power_max_va,
        phases=ALL_PHASES,
        required_communication=terms.communication,
        may_join_groups=terms.may_join_groups,
        prices={
            "lines": [dict(zip(NAMES, line, strict=True)) for line in terms.lines],
            "holidays": [],
        },
        curtailment_price_per_kwh=terms.curtailment_price_per_kwh,
        **terms.rules,
    )
    wording = "\n\n".join(
        [
            f"{terms.name}, version 1",
            *terms.summary,
            "Your equipment keeps to IEEE 1547-2018 and stays as registered; tell us before you"
            " change it.",
        ]
    )
    said = said_by(version)
    version.text = full_text(wording, prices=said.prices, rules=said.rules)
    version.text_sha256 = hashlib.sha256(version.text.encode()).hexdigest()
    version.save()
    return version


def seed_next_version(version: TariffVersion, *, at: datetime, by: User) -> None:
    """A draft of next year's prices, which waits for a second look."""
    draft = begin_draft(tariff=version.tariff, active_from=at + timedelta(days=60), at=at, by=by)
    prices = {**version.prices, "lines": [{**version.prices["lines"][0], "export": "0.08700"}]}
    values = {
        "prices": prices,
        "wording": "Solar Partner, version 2\n\nYour equipment keeps to IEEE 1547-2018 and stays as"
        " registered; tell us before you change it.",
    }
    save_draft(draft=draft, revision=draft.revision, values=values, at=at, by=by)


def nameplate_of(machine: Machine, *, phases: str) -> dict[str, object]:
    """A machine's label by IEEE 1547-2018 names; category B reactive power is 44 % of rated VA."""
    nominal_v = 480 if phases == "ABC" else 240
    reactive_var = machine.rated_va * 44 // 100
    return {
        "manufacturer": machine.manufacturer,
        "model": machine.model,
        "active_power_rating_at_unity_power_factor_w": machine.label_rated_w,
        "apparent_power_max_rating_va": max(
            machine.label_rated_w, min(machine.rated_va, machine.label_rated_w * 11 // 10)
        ),
        "reactive_power_injected_max_rating_var": reactive_var,
        "reactive_power_absorbed_max_rating_var": reactive_var,
        "active_power_charge_max_rating_w": machine.charge_max_w or None,
        "apparent_power_charge_max_rating_va": machine.rated_va if machine.charge_max_w else None,
        "energy_capacity_wh": machine.capacity_wh or None,
        "normal_operating_performance_category": "B",
        "abnormal_operating_performance_category": "III",
        "ac_voltage_nominal_rating_v": nominal_v,
        "ac_voltage_maximum_rating_v": nominal_v * 110 // 100,
        "ac_voltage_minimum_rating_v": nominal_v * 88 // 100,
    }


def seed_equipment(houses: Iterable[House]) -> dict[tuple[str, str], EquipmentModel]:
    """The certified list: every model that stands somewhere in town, by its label."""
    listed: dict[tuple[str, str], EquipmentModel] = {}
    for house in houses:
        for machine in house.machines:
            key = (machine.manufacturer, machine.model)
            if machine.kind == "meter" or key in listed:
                continue
            listed[key] = EquipmentModel.objects.create(
                technology=TECHNOLOGY[machine.kind],
                certification="UL 1741 SB",
                certified_on_date=date(2023, 5, 1),
                **nameplate_of(machine, phases=house.phase),
            )
    return listed
