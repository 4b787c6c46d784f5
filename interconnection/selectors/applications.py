"""Questions about applications: whose they are, what is known about them, what is missing."""

from datetime import date, datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from customers.models import Customer, Right, UsagePoint
from customers.selectors import (
    customers_for,
    rules_of,
    service_area,
    site_facts,
)
from customers.tariffs.eligibility import Finding, UnitFacts, check_all
from derms.accounts.models import User
from derms.lib.errors import NotFound
from derms.lib.words import say
from interconnection.models import (
    DER,
    ApplicationPaper,
    ApplicationStatusChange,
    ApplicationUnit,
    EquipmentModel,
    InterconnectionApplication,
)
from interconnection.screening.completeness import (
    ApplicationFacts,
    Completeness,
    UnitOnFile,
    check_completeness,
)
from interconnection.screening.nameplate import NAMEPLATE_FIELDS, UnitValues, check_nameplate
from interconnection.statuses import APPLICATION_ENDED, ApplicationStatus

# What the certified list says about a model; the rest belongs to one unit.
LISTED_FIELDS = tuple(
    name
    for name in NAMEPLATE_FIELDS
    if name
    not in {"technology", "manufacturer", "model", "serial_number", "version", "dc_rating_w"}
)


def applications() -> QuerySet[InterconnectionApplication]:
    """With everything a page shows: customer, site, tariff, units and moves, oldest move first."""
    moves = ApplicationStatusChange.objects.order_by("pk")
    units = ApplicationUnit.objects.select_related("equipment").order_by("pk")
    return InterconnectionApplication.objects.select_related(
        "customer",
        "usage_point__customer",
        "usage_point__location",
        "third_party",
        "assigned_to",
        "agreement__tariff_version__tariff",
    ).prefetch_related(
        Prefetch("status_changes", moves),
        Prefetch("units", units),
        Prefetch("papers", ApplicationPaper.objects.select_related("file")),
    )


def applications_for(user: User, at: datetime) -> QuerySet[InterconnectionApplication]:
    """Applications of those this person may act for, newest first."""
    mine = customers_for(user, at, Right.CASES)
    return applications().filter(customer__in=mine).order_by("-created_at")


def application_by_reference(reference: str) -> InterconnectionApplication:
    found = applications().filter(reference=reference).first()
    if found is None:
        raise NotFound(
            say("There is no application {reference}.", reference=reference), reference=reference
        )
    return found


def open_application_at(usage_point: UsagePoint) -> InterconnectionApplication | None:
    return (
        InterconnectionApplication.objects.filter(usage_point=usage_point)
        .exclude(status__in=APPLICATION_ENDED)
        .first()
    )


def equipment_matching(*, technology: str, text: str, today: date) -> QuerySet[EquipmentModel]:
    """Certified equipment of one technology, by any words of maker, model and certificate."""
    found = EquipmentModel.objects.filter(technology=technology, certified_on_date__lte=today)
    found = found.filter(Q(withdrawn_on_date=None) | Q(withdrawn_on_date__gt=today))
    for word in text.split():
        found = found.filter(
            Q(manufacturer__icontains=word)
            | Q(model__icontains=word)
            | Q(certification__icontains=word)
        )
    return found.order_by("manufacturer", "model")


def owner_of_serial(
    *, manufacturer: str, serial_number: str, apart_from: ApplicationUnit | None
) -> str:
    """In words, to whom a serial number of this maker belongs already; empty when to nobody."""
    same = {
        "manufacturer__iexact": manufacturer.strip(),
        "serial_number__iexact": serial_number.strip(),
    }
    if not same["serial_number__iexact"]:
        return ""
    others = ApplicationUnit.objects.filter(**same).exclude(
        application__status__in=APPLICATION_ENDED
    )
    if apart_from is not None and apart_from.pk is not None:
        others = others.exclude(pk=apart_from.pk)
    other = others.select_related("application").first()
    if other is not None:
        is_same = apart_from is not None and other.application_id == apart_from.application_id
        return (
            say("another unit of this application")
            if is_same
            else say("a unit of another application")
        )
    in_service = DER.objects.filter(**same, retired_at=None)
    if apart_from is not None and apart_from.pk is not None:
        in_service = in_service.exclude(unit_id=apart_from.pk)
    return say("equipment that is already in service") if in_service.exists() else ""


def values_of(unit: ApplicationUnit) -> UnitValues:
    return UnitValues(**{name: getattr(unit, name) for name in NAMEPLATE_FIELDS})


def unit_facts(unit: ApplicationUnit) -> UnitFacts:
    return UnitFacts(
        name=name_of(unit),
        technology=unit.technology,
        apparent_power_max_va=unit.apparent_power_max_rating_va,
    )


def name_of(unit: ApplicationUnit) -> str:
    return f"{unit.manufacturer} {unit.model}"


def total_power_w(application: InterconnectionApplication) -> int:
    return sum(unit.active_power_rating_at_unity_power_factor_w for unit in application.units.all())


def completeness_of(application: InterconnectionApplication, *, today: date) -> Completeness:
    """The checklist of an application that `applications()` brought."""
    return check_completeness(_facts_of(application), today=today)


def _facts_of(application: InterconnectionApplication) -> ApplicationFacts:
    point = application.usage_point
    other = open_application_at(point)
    units = list(application.units.all())
    version = application.agreement.tariff_version if application.agreement else None
    findings: tuple[Finding, ...] = ()
    if application.agreement is not None and version is not None:
        # As of its acceptance: the later end of a tariff does not undo it.
        findings = check_all(
            rules_of(version),
            site_facts(point),
            map(unit_facts, units),
            at=application.agreement.accepted_at,
        )
    return ApplicationFacts(
        address=str(point.location),
        is_in_service_area=service_area(point.location.postcode) is not None,
        other_open_application=(
            other.reference if other is not None and other.pk != application.pk else ""
        ),
        tariff_name=version.tariff.name if version is not None else "",
        tariff_findings=findings,
        planned_in_service_date=application.planned_in_service_date,
        sent_on_date=_sent_on(application),
        units=tuple(_on_file(unit) for unit in units),
    )


def _words_of(field: str) -> str:
    """The standard's name of a field, without the unit that ours ends with."""
    words = field.split("_")
    return " ".join(words[:-1] if words[-1] in {"w", "va", "var", "wh", "v"} else words)


def _sent_on(application: InterconnectionApplication) -> date | None:
    """The day on which it was last sent; None while it is with the customer."""
    moves = application.moves_in_order()
    if not moves or moves[-1].new_status in {ApplicationStatus.DRAFT, ApplicationStatus.INCOMPLETE}:
        return None
    sent = [move.at for move in moves if move.new_status == ApplicationStatus.SUBMITTED]
    return timezone.localdate(sent[-1]) if sent else None


def _on_file(unit: ApplicationUnit) -> UnitOnFile:
    listed = unit.equipment
    return UnitOnFile(
        name=name_of(unit),
        serial_number=unit.serial_number,
        serial_taken_by=owner_of_serial(
            manufacturer=unit.manufacturer, serial_number=unit.serial_number, apart_from=unit
        ),
        nameplate_errors=check_nameplate(values_of(unit)),
        is_listed=listed is not None,
        withdrawn_on_date=listed.withdrawn_on_date if listed else None,
        differs_from_list=tuple(
            _words_of(name)
            for name in LISTED_FIELDS
            if listed is not None and getattr(unit, name) != getattr(listed, name)
        ),
    )


def ders_of(customer: Customer) -> QuerySet[DER]:
    return (
        DER.objects.filter(usage_point__customer=customer)
        .select_related("usage_point__location", "agreement__tariff_version__tariff")
        .order_by("permitted_at", "pk")
    )
