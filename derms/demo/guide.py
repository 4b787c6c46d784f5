"""The demo's own page: who can sign in, what to try, which devices wait to be commissioned."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from derms.accounts.access import open_to_anyone
from derms.demo import fleet_file
from derms.demo.people import PASSWORD, PEOPLE
from interconnection.models import DER


@dataclass(frozen=True)
class Step:
    """One thing to try, as whom and where."""

    username: str
    where: str
    what: str


STEPS = (
    Step(
        "ada",
        "portal_home",
        "Apply for 8 kW of solar and a 10 kWh battery. The makers, models and serial numbers stand"
        " in the table below.",
    ),
    Step(
        "cleo", "service_queue", "Find the application, read the completeness result, send it on."
    ),
    Step("enzo", "engineering_queue", "Read the screens and propose a decision with reasons."),
    Step("olga", "operations_confirmations", "Confirm it: Engineering cannot do that alone."),
    Step("cleo", "service_queue", "Order the commissioning."),
    Step(
        "tess",
        "field_orders",
        "Start the order, enter the addresses below, run the live test, finish. Try the devices"
        " that do not match, too.",
    ),
    Step("edda", "engineering_queue", "Give permission to operate: the devices join the fleet."),
    Step("olga", "operations_groups", "Form a group; cleo checks the tariff rules; take it live."),
    Step(
        "olga", "operations_console", "Select the group, check the effect, execute, watch, release."
    ),
    Step(
        "ada",
        "portal_events",
        "See when the equipment was limited, what it produced, what was lost.",
    ),
)

# What the desk, the field and Engineering do beside applications.
MORE = (
    Step("ada", "portal_requests", "Ask for something else: service on or off, a check, a bill."),
    Step(
        "cleo",
        "service_requests",
        "Requests of every kind by due date: order a visit, ask the customer, see the clock wait.",
    ),
    Step("tess", "field_orders", "Carry out a visit on a phone, without a connection for a while."),
    Step(
        "cleo",
        "service_maintenance",
        "See which roof gives too little, day by day, what is lost, who repairs it. Ben was told.",
    ),
    Step("enzo", "engineering_works", "Plan a new service before a crew builds it."),
)


@dataclass(frozen=True)
class Waiting:
    """A device that somebody could commission."""

    site: str
    kind: str
    manufacturer: str
    model: str
    serial_number: str
    address: str
    unit: int
    remark: str


REMARKS = {
    "ada": "Ada's",
    "mismatch": "its label says 8 kW, the device reports 10 kW",
    "wrongmap": "answers Modbus but has no SunSpec map",
}


def waiting_devices() -> list[Waiting]:
    """Machines of the fleet that are no DER in service yet; empty without a fleet file."""
    path = settings.VAR_DIR / "fleet.json"
    if not path.exists():
        return []
    in_service = set(DER.objects.filter(retired_at=None).values_list("serial_number", flat=True))
    return [
        Waiting(
            site=house.key,
            kind=machine.kind,
            manufacturer=machine.manufacturer,
            model=machine.model,
            serial_number=machine.serial_number,
            address=f"{machine.host}:{machine.port}",
            unit=machine.unit,
            remark=REMARKS.get(house.key, ""),
        )
        for house in fleet_file.read(path)
        for machine in house.machines
        if not machine.is_commissioned and machine.serial_number not in in_service
    ]


@open_to_anyone
def guide(request: HttpRequest) -> HttpResponse:
    context = {
        "people": PEOPLE,
        "password": PASSWORD,
        "steps": STEPS,
        "more": MORE,
        "waiting": waiting_devices(),
    }
    return render(request, "demo/guide.html", context)
