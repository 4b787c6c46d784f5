"""The fleet list: filters, order, columns, saved views, and the same as a file (DV-6)."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.accounts.saved_views import lasting, views_of
from derms.lib.csv_export import csv_response
from devices import selectors
from devices.forms.register import FleetSearch
from devices.models import Device
from devices.selectors import Face
from devices.selectors.register import ORDERS, fleet_choices, fleet_list
from devices.views.register_columns import COLUMNS, FleetColumn, exported, shown

LIST = "operations_devices"
ROWS, ROWS_AT_ONCE = 50, 1000
FIRST_FILTERS = ("kind", "zone", "state", "alarm")
MORE_FILTERS = ("feeder", "manufacturer", "model", "drift", "control", "differs", "function")
READERS = (Role.OPERATOR, Role.ENGINEER, Role.CUSTOMER_SERVICE, Role.AUDITOR)
IMPORTERS = (Role.OPERATOR, Role.ENGINEER, Role.AUDITOR)


@require_safe
@roles_required(*READERS)
def devices(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The list as a page, or with `?format=csv` as a file of everything the filters leave."""
    person, at = signed_in(request), timezone.now()
    search = FleetSearch(
        request.GET,
        offered=fleet_choices(),
        columns={column.key: column.label for column in COLUMNS},
    )
    wanted, columns = search.wanted(), shown(search.chosen_columns())
    found = fleet_list(wanted, at)
    if request.GET.get("format") == "csv":
        return _file(request, found, columns, at)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    parameters = _parameters(request)
    context = {
        "search": search,
        "first_filters": [search[name] for name in FIRST_FILTERS],
        "more_filters": [search[name] for name in MORE_FILTERS],
        "is_more_open": any(request.GET.get(name) for name in MORE_FILTERS),
        "page": page,
        "lines": [_line(device, at) for device in page],
        "columns": columns,
        "heads": [_head(column, wanted.sort, parameters) for column in columns],
        "first_head": _head(None, wanted.sort, parameters),
        "query": f"{urlencode(parameters)}&",
        "saved": views_of(person, list_name=LIST, parameters=parameters),
        "is_narrowed": any(getattr(wanted, name) for name in wanted.__slots__ if name != "sort"),
        "may_import": person.has_role(*IMPORTERS),
        "at": at,
        "gateways": selectors.gateways(at),
    }
    return render(request, "devices/devices.html", context)


def _line(device: Device, at: datetime) -> dict[str, object]:
    face = selectors.face_of(device, at)
    age_s = (at - face.latest.measured_at).total_seconds() if face.latest else None
    return {"face": face, "age_s": age_s}


def _file(
    request: HttpRequest, found: QuerySet[Device], columns: list[FleetColumn], at: datetime
) -> StreamingHttpResponse:
    record_export(
        person=signed_in(request),
        list_name=LIST,
        query=lasting(_parameters(request)),
        rows=found.count(),
        at=at,
    )
    return csv_response(request, name="devices", columns=exported(columns), rows=_faces(found, at))


def _faces(found: QuerySet[Device], at: datetime) -> Iterator[Face]:
    for device in found.iterator(chunk_size=ROWS_AT_ONCE):
        yield selectors.face_of(device, at)


def _parameters(request: HttpRequest) -> list[tuple[str, str]]:
    """What was asked, as pairs, without the page."""
    return [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in ("page", "format") and value
    ]


def _head(
    column: FleetColumn | None, sort: str, parameters: list[tuple[str, str]]
) -> dict[str, object]:
    """One head of the table: its words, and the list ordered by it, the other way the next time."""
    key = column.key if column else "device"
    is_up, is_down = sort == key, sort == f"-{key}"
    others = [pair for pair in parameters if pair[0] != "sort"]
    return {
        "label": column.label if column else "Device",
        "is_right": column is not None and column.is_right,
        "url": f"?{urlencode([*others, ('sort', f'-{key}' if is_up else key)])}",
        "order": "ascending" if is_up else "descending" if is_down else "",
        "is_sortable": key in ORDERS,
    }
