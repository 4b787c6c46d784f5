"""Registering the units of an application, refused in words beside each field (IC-1)."""

from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from customers.selectors import rules_of
from customers.tariffs.eligibility import UnitFacts, check_units
from derms.lib.errors import InvalidInput, NotFound
from derms.lib.words import day, say
from interconnection.models import ApplicationUnit, EquipmentModel, InterconnectionApplication
from interconnection.screening.nameplate import UnitValues, check_nameplate
from interconnection.selectors import applications as selectors
from interconnection.services.turns import lock_for_customer


def save_unit(
    *,
    application: InterconnectionApplication,
    values: UnitValues,
    equipment: EquipmentModel | None,
    unit_id: int | None,
    at: datetime,
) -> ApplicationUnit:
    """Add a unit, or change the one with `unit_id`. Raises InvalidInput with words by field."""
    with transaction.atomic():
        row = lock_for_customer(application)
        unit = _unit_of(row, unit_id) if unit_id is not None else None
        _check_unit(row, values, equipment, unit, today=timezone.localdate(at))
        fields = {**asdict(values), "equipment": equipment}
        if unit is None:
            return ApplicationUnit.objects.create(application=row, **fields)
        for name, value in fields.items():
            setattr(unit, name, value)
        unit.save(update_fields=sorted(fields))
    return unit


def remove_unit(*, application: InterconnectionApplication, unit_id: int) -> None:
    with transaction.atomic():
        row = lock_for_customer(application)
        _unit_of(row, unit_id).delete()


def _unit_of(application: InterconnectionApplication, unit_id: int) -> ApplicationUnit:
    unit = application.units.filter(pk=unit_id).first()
    if unit is None:
        raise NotFound(
            say("{application} has no unit {unit_id}.", application=application, unit_id=unit_id),
            unit=unit_id,
        )
    return unit


def _check_unit(
    application: InterconnectionApplication,
    values: UnitValues,
    equipment: EquipmentModel | None,
    unit: ApplicationUnit | None,
    *,
    today: date,
) -> None:
    errors = check_nameplate(values)
    if equipment is not None:
        withdrawn = equipment.withdrawn_on_date
        if withdrawn is not None and withdrawn <= today:
            words = say(
                "{equipment} was withdrawn from the list of certified equipment on {day}. "
                "Choose another model.",
                equipment=equipment,
                day=day(withdrawn),
            )
            errors.setdefault("equipment", []).append(words)
        elif equipment.technology != values.technology:
            words = say(
                "{equipment} is {technology}.",
                equipment=equipment,
                technology=equipment.get_technology_display().lower(),
            )
            errors.setdefault("equipment", []).append(words)
    owner = selectors.owner_of_serial(
        manufacturer=values.manufacturer,
        serial_number=values.serial_number,
        apart_from=unit or ApplicationUnit(application=application),
    )
    if owner:
        words = say(
            "Serial number {serial} already belongs to {owner}. "
            "Read it again from the nameplate, or call us.",
            serial=values.serial_number,
            owner=owner,
        )
        errors.setdefault("serial_number", []).append(words)
    for field, words in _check_tariff(application, values, unit):
        errors.setdefault(field, []).append(words)
    if errors:
        raise InvalidInput(say("The unit cannot be registered like this."), fields=errors)


def _check_tariff(
    application: InterconnectionApplication, values: UnitValues, unit: ApplicationUnit | None
) -> list[tuple[str, str]]:
    """What the tariff already accepted says against the units as they would be."""
    if application.agreement is None:
        return []
    others = [other for other in application.units.all() if unit is None or other.pk != unit.pk]
    this = UnitFacts(
        name=f"{values.manufacturer} {values.model}",
        technology=values.technology,
        apparent_power_max_va=values.apparent_power_max_rating_va,
    )
    rules = rules_of(application.agreement.tariff_version)
    field_of = {"technology": "technology", "size": "apparent_power_max_rating_va"}
    findings = check_units(rules, [*map(selectors.unit_facts, others), this])
    return [
        (field_of[finding.code], f"{finding.words} {say('You may choose another tariff.')}")
        for finding in findings
    ]
