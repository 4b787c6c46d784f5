"""Bringing the list of certified equipment in: read, compare, and take into force (IC-1)."""

import hashlib
import zlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from derms.lib.errors import Conflict, InvalidInput
from interconnection.models import EquipmentList, EquipmentModel
from interconnection.screening.equipment_list import ListedModel, ReadList, RowFault, read_list
from interconnection.statuses import Technology

LARGEST_BYTES = 20_000_000


class UnreadableList(InvalidInput):
    """The file is no list of equipment."""

    code = "unreadable_list"


@dataclass(frozen=True, slots=True)
class ListImport:
    """What a list would change, or has changed; models are named maker and model."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    same: int
    faults: tuple[RowFault, ...]

    @property
    def models_listed(self) -> int:
        return len(self.added) + len(self.changed) + self.same


def compare_list(*, content: bytes, file_name: str) -> ListImport:
    """What bringing it in would do; nothing is kept. Raises UnreadableList."""
    return _compare(_read(content, file_name))


def check_list(*, content: bytes, file_name: str, at: datetime, by: str) -> EquipmentList:
    """Keep the file with what it would change, not yet in force. Raises UnreadableList."""
    found = _compare(_read(content, file_name))
    return EquipmentList.objects.create(
        source_name=file_name[:200],
        source_sha256=hashlib.sha256(content).hexdigest(),
        content=zlib.compress(content),
        models_listed=found.models_listed,
        added=len(found.added),
        changed=len(found.changed),
        withdrawn=len(found.withdrawn),
        faults=[asdict(fault) for fault in found.faults],
        checked_at=at,
        checked_by=by,
    )


def put_list_in_force(
    *, equipment_list: EquipmentList, skips_faults: bool, at: datetime, by: str
) -> ListImport:
    """Add, change and withdraw, all of it or nothing; faulty lines only where they are skipped.

    Models that no list has brought stay. Raises InvalidInput, or Conflict when it is in force.
    """
    with transaction.atomic():
        row = EquipmentList.objects.select_for_update().get(pk=equipment_list.pk)
        if row.number is not None:
            raise Conflict(f"{row} is in force already.")
        read = _read(zlib.decompress(bytes(row.content)), row.source_name)
        found = _compare(read)
        if found.faults and not skips_faults:
            words = f"{len(found.faults)} lines have faults. Correct them, or leave them out."
            raise InvalidInput(words, fields={"file": [words]})
        newest = EquipmentList.objects.exclude(number=None).order_by("-number").first()
        row.number = (newest.number or 0) + 1 if newest else 1
        row.in_force_at, row.in_force_by = at, by
        row.added, row.changed = len(found.added), len(found.changed)
        row.withdrawn = len(found.withdrawn)
        row.save()
        _write(row, read.rows, today=timezone.localdate(at))
    return found


def _read(content: bytes, file_name: str) -> ReadList:
    if len(content) > LARGEST_BYTES:
        raise _unreadable(f"{file_name} is larger than {LARGEST_BYTES // 10**6} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise _unreadable(f"{file_name} is no text. Save the list as CSV.")
    read = read_list(text)
    if not read.rows:
        words = read.faults[0].words if read.faults else "There is no model in it."
        raise _unreadable(f"{file_name} cannot be used. {words}")
    return read


def _compare(read: ReadList) -> ListImport:
    known = {_key(row): row for row in EquipmentModel.objects.all()}
    added, changed, same = [], [], 0
    for one in read.rows:
        row = known.get(one.key)
        if row is None:
            added.append(f"{one.manufacturer} {one.model}")
        elif row.withdrawn_on_date is not None or _differs(row, one):
            changed.append(str(row))
        else:
            same += 1
    listed = {one.key for one in read.rows}
    gone = [
        str(row)
        for key, row in known.items()
        if key not in listed and row.listed_in_id is not None and row.withdrawn_on_date is None
    ]
    return ListImport(tuple(added), tuple(changed), tuple(gone), same, read.faults)


def _write(version: EquipmentList, rows: tuple[ListedModel, ...], *, today: date) -> None:
    known = {_key(row): row for row in EquipmentModel.objects.select_for_update()}
    for one in rows:
        row = known.pop(one.key, None) or EquipmentModel(
            manufacturer=one.manufacturer, model=one.model, certified_on_date=today
        )
        for name, value in _fields(one).items():
            setattr(row, name, value)
        row.certified_on_date = one.listed_on or row.certified_on_date
        row.withdrawn_on_date, row.listed_in = None, version
        row.save()
    gone = [row.pk for row in known.values() if row.listed_in_id is not None]
    EquipmentModel.objects.filter(pk__in=gone, withdrawn_on_date=None).update(
        withdrawn_on_date=today
    )


def _fields(one: ListedModel) -> dict[str, Any]:
    return {
        "technology": Technology.BATTERY if one.is_battery else Technology.PHOTOVOLTAIC,
        "certification": one.certification,
        "active_power_rating_at_unity_power_factor_w": one.power_w,
        "apparent_power_max_rating_va": one.apparent_va,
        "reactive_power_injected_max_rating_var": one.reactive_var,
        "reactive_power_absorbed_max_rating_var": one.reactive_var,
        "active_power_charge_max_rating_w": one.charge_w,
        "energy_capacity_wh": one.energy_wh,
        "normal_operating_performance_category": one.category,
        "abnormal_operating_performance_category": "III" if one.category == "B" else "I",
        "ac_voltage_nominal_rating_v": one.voltage_v,
        "ac_voltage_maximum_rating_v": one.voltage_v * 110 // 100,
        "ac_voltage_minimum_rating_v": one.voltage_v * 88 // 100,
    }


def _differs(row: EquipmentModel, one: ListedModel) -> bool:
    if one.listed_on is not None and row.certified_on_date != one.listed_on:
        return True
    return any(getattr(row, name) != value for name, value in _fields(one).items())


def _key(row: EquipmentModel) -> tuple[str, str]:
    return row.manufacturer.casefold(), row.model.casefold()


def _unreadable(words: str) -> UnreadableList:
    return UnreadableList(words, fields={"file": [words]})
