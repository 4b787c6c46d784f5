"""The tariff book for staff: what is in force on a date, versions, differences (CS-2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import Tariff, TariffVersion
from customers.selectors import tariffs as selectors
from customers.tariffs.picture import draw_prices
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.days import day_from

READERS = (Role.CUSTOMER_SERVICE, Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One tariff on one day."""

    tariff: Tariff
    version: TariffVersion | None
    draft: bool
    agreements: int


COLUMNS: tuple[Column[Row], ...] = (
    Column("Code", lambda row: row.tariff.code),
    Column("Name", lambda row: row.tariff.name),
    Column("Version", lambda row: row.version and row.version.number),
    Column("From", lambda row: row.version and row.version.active_from),
    Column("To", lambda row: row.version and row.version.active_to),
    Column("Agreements in force", lambda row: row.agreements),
    Column("Draft", lambda row: row.draft),
)


@require_safe
@roles_required(*READERS)
def tariffs(request: HttpRequest) -> HttpResponseBase:
    """Every tariff with the version in force on a day."""
    now = timezone.now()
    on = _day(request.GET.get("on", ""), timezone.localdate(now))
    counts = selectors.agreements_by_version()
    rows = [_row(tariff, _noon(on), counts) for tariff in selectors.tariffs()]
    if request.GET.get("format") == "csv":
        return csv_response(request, name="tariffs", columns=COLUMNS, rows=rows)
    context = {
        "rows": rows,
        "on": on,
        "today": timezone.localdate(now),
        "may_edit": _edits(request),
    }
    return render(request, "customers/tariffs.html", context)


@require_safe
@roles_required(*READERS)
def tariff(request: HttpRequest, tariff_id: int) -> HttpResponse:
    """One tariff: its versions over time, and one of them with prices, rules and text."""
    at = timezone.now()
    found = get_object_or_404(selectors.tariffs(), pk=tariff_id)
    versions = list(found.versions.all())
    shown = _shown(request, versions, at)
    context = {
        "tariff": found,
        "versions": versions,
        "spans": _spans(versions, at),
        "shown": shown,
        "draft": next(iter(found.open_drafts), None),  # type: ignore[attr-defined]  # prefetched
        "said": selectors.said_by(shown) if shown else None,
        "days": draw_prices(shown.schedule) if shown else (),
        "agreements": selectors.agreements_under(shown).count() if shown else 0,
        "on": request.GET.get("on", ""),
        "may_edit": _edits(request),
    }
    return render(request, "customers/tariff.html", context)


@require_safe
@roles_required(*READERS)
def compare(request: HttpRequest, tariff_id: int) -> HttpResponse:
    """Two versions of a tariff beside each other, differing lines marked."""
    found = get_object_or_404(selectors.tariffs(), pk=tariff_id)
    numbered = {str(version.number): version for version in found.versions.all()}
    left, right = (numbered.get(request.GET.get(key, "")) for key in ("a", "b"))
    if left is None or right is None:
        raise Http404("Choose two versions of this tariff.")
    context = {
        "tariff": found,
        "left": left,
        "right": right,
        "rows": selectors.differences(left, right),
    }
    return render(request, "customers/tariff_compare.html", context)


def _row(tariff: Tariff, at: datetime, counts: dict[int, int]) -> Row:
    versions = list(tariff.versions.all())
    version = next((one for one in versions if selectors.covers(one, at)), None)
    return Row(
        tariff=tariff,
        version=version,
        draft=bool(tariff.open_drafts),  # type: ignore[attr-defined]  # prefetched
        agreements=sum(counts.get(one.pk, 0) for one in versions),
    )


def _shown(
    request: HttpRequest, versions: list[TariffVersion], at: datetime
) -> TariffVersion | None:
    """By number, by the day asked for, in force now, or the newest."""
    number, on = request.GET.get("version", ""), day_from(request.GET.get("on", ""))
    if number:
        found = next((one for one in versions if str(one.number) == number), None)
        if found is None:
            raise Http404("This tariff has no such version.")
        return found
    if on is not None:
        return next((one for one in versions if selectors.covers(one, _noon(on))), None)
    return next((one for one in versions if selectors.covers(one, at)), next(iter(versions), None))


def _spans(versions: list[TariffVersion], at: datetime) -> list[dict[str, object]]:
    """Where each version stands on the line of time, in percent; the last entry is now."""
    if not versions:
        return []
    begins = min(one.active_from for one in versions)
    last = max([at, *(one.active_to or one.active_from for one in versions)])
    ends = last + timedelta(days=max(30, (last - begins).days // 8))
    length = ends - begins

    def place(moment: datetime) -> float:
        return round((moment - begins) / length * 100, 2)

    return [
        {
            "version": one,
            "from": place(one.active_from),
            "long": place(one.active_to or ends) - place(one.active_from),
        }
        for one in reversed(versions)
    ] + [{"version": None, "from": place(at), "long": 0}]


def _day(text: str, otherwise: date) -> date:
    return day_from(text) or otherwise


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))  # noqa: DTZ001  aware


def _edits(request: HttpRequest) -> bool:
    return signed_in(request).has_role(Role.CUSTOMER_SERVICE)
