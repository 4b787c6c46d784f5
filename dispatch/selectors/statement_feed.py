"""An issued statement for programs: its days as columns, its metered energy as Green Button."""

from django.conf import settings
from django.utils import translation

from customers.models import Statement, StatementMetering
from derms.lib.csv_export import Column
from derms.lib.errors import NotFound
from derms.lib.units import WH_PER_KWH
from derms.lib.wire import from_data
from devices.models import Device
from devices.selectors import counted_as
from dispatch.selectors.statement_facts import site_zone
from dispatch.selectors.statements import period_words
from dispatch.statements import Content, Day, Energy
from dispatch.statements.green_button import Metered, green_button
from dispatch.statements.packing import unpacked

MISSING = "no data"


class NotMetered(NotFound):
    """No meter of this service point is read by us."""

    code = "not_metered"


def _number(energy_wh: float | None) -> str:
    return MISSING if energy_wh is None else f"{energy_wh / WH_PER_KWH:.3f}"


DAYS: tuple[Column[Day], ...] = (
    Column("day", lambda day: day.day.isoformat()),
    Column("produced_kwh", lambda day: _number(day.produced_wh)),
    Column("used_at_home_kwh", lambda day: _number(day.self_used_wh)),
    Column("fed_in_kwh", lambda day: _number(day.exported_wh)),
    Column("taken_from_grid_kwh", lambda day: _number(day.imported_wh)),
    Column("battery_charged_kwh", lambda day: _number(day.charged_wh)),
    Column("battery_discharged_kwh", lambda day: _number(day.discharged_wh)),
    Column("minutes_without_data", lambda day: round(day.missing_s / 60)),
)


def content_of(statement: Statement) -> Content:
    return from_data(Content, statement.content)


def green_button_of(statement: Statement) -> bytes:
    """The Green Button (ESPI) feed of a version, the same in every language; raises NotMetered."""
    point = statement.usage_point
    with translation.override(settings.LANGUAGE_CODE):
        period = period_words(statement.begins_on, statement.ends_on)
        return green_button(
            Metered(
                key=statement.number,
                title=f"{point.location}, {period}",
                phases=point.phases,
                begins_at=content_of(statement).begins_at,
                updated_at=statement.issued_at,
                zone=site_zone(),
                energy=_metered(statement),
            )
        )


def _metered(statement: Statement) -> list[Energy]:
    """As it was when the version was issued; of the oldest ones, as it is known now."""
    kept = StatementMetering.objects.filter(statement=statement).first()
    if kept is not None:
        return unpacked(bytes(kept.packed))
    meters = Device.objects.filter(usage_point=statement.usage_point, kind=Device.Kind.METER)
    meter = meters.first()
    if meter is None:
        raise NotMetered("No meter of this service point is read by us.")
    content = content_of(statement)
    return counted_as(Energy._make, [meter.pk], content.begins_at, content.ends_at)[meter.pk]
