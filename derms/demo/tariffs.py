"""The demo town's tariff book and certified equipment."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from customers.models import Tariff, TariffVersion
from customers.models.tariff import RequiredCommunication
from derms.demo.fleet_file import House, Machine
from interconnection.models import EquipmentModel
from interconnection.statuses import Technology

ALL_PHASES = ["A", "B", "C", "AB", "BC", "AC", "ABC"]
TECHNOLOGY = {"pv": Technology.PHOTOVOLTAIC, "battery": Technology.BATTERY}


@dataclass(frozen=True)
class Terms:
    """What one tariff of the demo says."""

    code: str
    name: str
    technologies: tuple[Technology, ...]
    apparent_power_max_va: int
    communication: RequiredCommunication
    may_join_groups: bool
    export_price_per_kwh: Decimal
    curtailment_price_per_kwh: Decimal
    summary: tuple[str, ...]


BOOK = (
    Terms(
        "HOME-SOLAR",
        "Home Solar",
        technologies=(Technology.PHOTOVOLTAIC,),
        apparent_power_max_va=10_000,
        communication=RequiredCommunication.NONE,
        may_join_groups=False,
        export_price_per_kwh=Decimal("0.06500"),
        curtailment_price_per_kwh=Decimal("0.00000"),
        summary=(
            "For roofs up to 10 kVA without a battery.",
            "You are paid for every kilowatt-hour you export.",
            "The utility neither reads nor limits your inverter.",
        ),
    ),
    Terms(
        "SOLAR-PARTNER",
        "Solar Partner",
        technologies=(Technology.PHOTOVOLTAIC, Technology.BATTERY),
        apparent_power_max_va=30_000,
        communication=RequiredCommunication.MONITOR_AND_CONTROL,
        may_join_groups=True,
        export_price_per_kwh=Decimal("0.08200"),
        curtailment_price_per_kwh=Decimal("0.11000"),
        summary=(
            "For solar and batteries up to 30 kVA.",
            "You are paid more for what you export, because you help the grid.",
            "The utility reads your inverter and may limit it for some hours a month.",
            "Every limited kilowatt-hour is paid, and you see each event in the portal.",
        ),
    ),
    Terms(
        "BUSINESS-FLEX",
        "Business Flex",
        technologies=(Technology.PHOTOVOLTAIC, Technology.BATTERY),
        apparent_power_max_va=500_000,
        communication=RequiredCommunication.MONITOR_AND_CONTROL,
        may_join_groups=True,
        export_price_per_kwh=Decimal("0.07100"),
        curtailment_price_per_kwh=Decimal("0.09500"),
        summary=(
            "For businesses up to 500 kVA.",
            "Output may be limited, and batteries may be charged or discharged, on request.",
            "Every limited kilowatt-hour is paid.",
        ),
    ),
)


def seed_tariffs(*, active_from: datetime) -> dict[str, TariffVersion]:
    """Three tariffs: without communication, with monitoring and control, and for businesses."""
    return {terms.code: _publish(terms, active_from) for terms in BOOK}


def _publish(terms: Terms, active_from: datetime) -> TariffVersion:
    paragraphs = [
        f"{terms.name}, version 1",
        *terms.summary,
        f"Export is paid at {terms.export_price_per_kwh} per kWh,"
        f" limited energy at {terms.curtailment_price_per_kwh} per kWh.",
        "You may leave with one month's notice. Your equipment keeps to IEEE 1547-2018 and stays"
        " as registered; tell us before you change it.",
    ]
    wording = "\n\n".join(paragraphs)
    return TariffVersion.objects.create(
        tariff=Tariff.objects.create(code=terms.code, name=terms.name),
        number=1,
        summary_lines=list(terms.summary),
        text=wording,
        text_sha256=hashlib.sha256(wording.encode()).hexdigest(),
        active_from=active_from,
        technologies=[str(technology) for technology in terms.technologies],
        apparent_power_max_va=terms.apparent_power_max_va,
        phases=ALL_PHASES,
        required_communication=terms.communication,
        may_join_groups=terms.may_join_groups,
        export_price_per_kwh=terms.export_price_per_kwh,
        curtailment_price_per_kwh=terms.curtailment_price_per_kwh,
    )


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
