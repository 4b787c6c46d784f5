"""The alarm list and what an operator does with it (DV-5)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.errors import NotFound
from devices import selectors, services
from devices.forms.alarms import AlarmSearch, ShelveForm, ticked
from devices.models import Alarm
from devices.selectors.alarms import SHOWN, AlarmFilter
from devices.selectors.policy import policy

ROWS = 50
# Nobody reads further, and counting years of history would keep everybody waiting; the export has
# all of it.
MOST_SHOWN = 10_000
READERS = (Role.OPERATOR, Role.ENGINEER, Role.CUSTOMER_SERVICE, Role.AUDITOR)
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Tab:
    """One tab of the list; the history has no count."""

    name: str
    label: str
    url: str
    count: int | None
    is_current: bool


@require_safe
@roles_required(*READERS)
def alarms(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    search = AlarmSearch(request.GET)
    wanted = search.wanted()
    found = selectors.search_alarms(wanted, at)[:MOST_SHOWN]
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    may_act = signed_in(request).has_role(Role.OPERATOR)
    context = {
        "search": search,
        "show": wanted.show,
        "tabs": list(_tabs(wanted, selectors.counts_by_tab(at))),
        "page": page,
        "rows": [(alarm, selectors.place_words(alarm)) for alarm in page],
        "query": f"{_query(wanted)}&",
        "at": at,
        "gateways": selectors.gateways(at),
        "standing_after_h": policy().standing_after_h,
        "is_cut": page.paginator.count == MOST_SHOWN,
        "may_act": may_act,
        "may_acknowledge": may_act and wanted.show != "shelved",
    }
    return render(request, "devices/alarms.html", context)


@require_safe
@roles_required(*READERS)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as filtered, every page of it."""
    wanted = AlarmSearch(request.GET).wanted()
    rows = selectors.search_alarms(wanted, timezone.now()).iterator(chunk_size=ROWS_AT_ONCE)
    return csv_response(request, name=f"alarms-{wanted.show}", columns=COLUMNS, rows=rows)


@require_safe
@roles_required(Role.OPERATOR)
def counts(request: HttpRequest) -> HttpResponse:
    """The header's counts by priority."""
    context = {"counts": selectors.counts_by_priority()}
    return render(request, "fragments/_alarm_counts.html", context)


@require_POST
@roles_required(Role.OPERATOR)
def acknowledge(request: HttpRequest, alarm_id: int) -> HttpResponse:
    try:
        services.acknowledge_alarm(alarm_id=alarm_id, at=timezone.now(), by=_by(request))
    except NotFound as error:
        raise Http404(error.message) from error
    return redirect(_back(request))


@require_POST
@roles_required(Role.OPERATOR)
def acknowledge_ticked(request: HttpRequest) -> HttpResponse:
    chosen = ticked(request.POST)
    moved = services.acknowledge_alarms(alarm_ids=chosen, at=timezone.now(), by=_by(request))
    _tell(request, chosen, moved, "acknowledged")
    return redirect(_back(request))


@require_POST
@roles_required(Role.OPERATOR)
def shelve_ticked(request: HttpRequest) -> HttpResponse:
    """The form for the ticked alarms first, then the deed."""
    chosen = ticked(request.POST)
    form = ShelveForm(request.POST if "reason" in request.POST else None)
    if chosen and form.is_valid():
        at = timezone.now()
        moved = services.shelve_alarms(
            alarm_ids=chosen,
            until=at + form.span,
            reason=form.cleaned_data["reason"],
            at=at,
            by=_by(request),
        )
        _tell(request, chosen, moved, "shelved")
        return redirect(_back(request))
    if not chosen:
        _tell(request, chosen, 0, "shelved")
        return redirect(_back(request))
    found = selectors.open_alarms().filter(pk__in=chosen)
    context = {
        "form": form,
        "rows": [(alarm, selectors.place_words(alarm)) for alarm in found],
        "next": _back(request),
        "longest_h": policy().shelve_max_h,
    }
    status = 422 if form.is_bound else 200
    return render(request, "devices/alarms_shelve.html", context, status=status)


@require_POST
@roles_required(Role.OPERATOR)
def unshelve_ticked(request: HttpRequest) -> HttpResponse:
    chosen = ticked(request.POST)
    moved = services.unshelve_alarms(alarm_ids=chosen, at=timezone.now(), by=_by(request))
    _tell(request, chosen, moved, "taken from the shelf")
    return redirect(_back(request))


COLUMNS: tuple[Column[Alarm], ...] = (
    Column("number", lambda a: a.pk),
    Column("priority", lambda a: a.priority),
    Column("kind", lambda a: a.get_kind_display()),
    Column("cause", lambda a: a.cause),
    Column("message", lambda a: a.message),
    Column("where", selectors.place_words),
    Column("feeder", lambda a: a.feeder.name if a.feeder else None),
    Column("serial number", lambda a: a.device.serial_number if a.device else None),
    Column("value", lambda a: a.value),
    Column("limit", lambda a: a.limit),
    Column("unit", lambda a: a.unit),
    Column("state", lambda a: a.get_status_display()),
    Column("raised", lambda a: a.raised_at),
    Column("returned", lambda a: a.returned_at),
    Column("acknowledged", lambda a: a.acknowledged_at),
    Column("acknowledged by", lambda a: a.acknowledged_by),
    Column("shelved until", lambda a: a.shelved_until if a.is_shelved else None),
    Column("shelved by", lambda a: a.shelved_by if a.is_shelved else None),
    Column("shelved because", lambda a: a.shelved_reason if a.is_shelved else None),
    Column("chattering since", lambda a: a.chattering_since),
    Column("in group", lambda a: a.group_id),
    Column("members", lambda a: a.member_count if a.is_group else None),
)


def _tabs(wanted: AlarmFilter, counted: dict[str, int]) -> Iterator[Tab]:
    for name, label in SHOWN.items():
        yield Tab(
            name,
            label,
            f"?{urlencode({'show': name})}",
            counted.get(name),
            is_current=name == wanted.show,
        )


def _query(wanted: AlarmFilter) -> str:
    """The filters as they stand in an address, without what filters nothing."""
    facts = asdict(wanted)
    facts["feeder"] = facts.pop("feeder_id")
    return urlencode({name: value for name, value in facts.items() if value not in (None, "")})


def _by(request: HttpRequest) -> str:
    return signed_in(request).get_username()


def _tell(request: HttpRequest, chosen: list[int], moved: int, deed: str) -> None:
    if not chosen:
        messages.warning(request, "No alarm was ticked. Tick one or more rows first.")
    elif not moved:
        messages.warning(request, f"Nothing was {deed}: somebody was first, or it is over.")
    else:
        plural = "alarm was" if moved == 1 else "alarms were"
        messages.success(request, f"{moved} {plural} {deed}.")


def _back(request: HttpRequest) -> str:
    """Where the button was; the console's own panel when the console asked."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    try:
        if "HX-Request" in request.headers:
            return reverse("operations_alarm_panel")
    except NoReverseMatch:
        pass
    return reverse("operations_alarms")
