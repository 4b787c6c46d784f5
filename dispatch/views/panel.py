"""Select, check, execute, release: fragments for htmx, the whole console without it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, InvalidInput
from derms.ui.console import CommandPanel
from dispatch.forms import CommandForm
from dispatch.models import DERGroupDispatch
from dispatch.selectors.dispatches import dispatches
from dispatch.selectors.panels import check_panel, range_words, sent_panel, step_of
from dispatch.selectors.problem import group_now
from dispatch.services import (
    cancel_selection,
    check_dispatch,
    execute_dispatch,
    release_dispatch,
    select_dispatch,
)
from dispatch.services.selection import SHORTEST, Wish, range_of
from dispatch.statuses import DispatchFunction
from dispatch.views.showing import console_page, feeder_of, system_at
from groups.models import DERGroup
from groups.selectors import live_groups

IDLE = CommandPanel(step="idle")
RANGE_HOLD_S = 1_800.0


@require_http_methods(["GET", "POST"])
@roles_required(Role.OPERATOR)
def command(request: HttpRequest, group_id: int) -> HttpResponse:
    """GET shows what can be asked of the group; POST selects it and checks the effect."""
    at = timezone.now()
    group = _group(group_id)
    form = CommandForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dispatch = _select(request, group, form.wish(at), at)
        except InvalidInput as refusal:
            for field, words in refusal.fields.items():
                form.add_error(field, words)
        except DermsError as refusal:
            return _answer(request, refused_panel(group, refusal.message), status=409)
        else:
            return _shown(request, dispatch)
    panel = select_panel(group, form, at)
    if request.method == "GET" and is_htmx(request):
        return _with_its_feeder(request, panel, at)
    return _answer(request, panel, status=422 if form.is_bound else 200)


def _with_its_feeder(request: HttpRequest, panel: CommandPanel, at: datetime) -> HttpResponse:
    """The picture follows the group that was chosen."""
    feeder, choices = feeder_of(system_at(at), panel)
    context = {"panel": panel, "feeder": feeder, "feeders": choices}
    return render(request, "dispatch/_selected.html", context)


@require_POST
@roles_required(Role.OPERATOR)
def rearm(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    """Select and check the same again, for the same length of time."""
    at = timezone.now()
    old = _dispatch(dispatch_id)
    length = max(SHORTEST, old.ends_at - old.starts_at)
    wish = Wish(
        function=old.function,
        target_w=old.target_w,
        ends_at=at + length,
        reason=old.reason,
        ramp_s=old.ramp_s,
    )
    return _deed(request, old, lambda: _select(request, old.group, wish, at))


@require_POST
@roles_required(Role.OPERATOR)
def execute(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    dispatch = _dispatch(dispatch_id)
    return _deed(
        request,
        dispatch,
        lambda: execute_dispatch(
            dispatch=dispatch,
            token=request.POST.get("token", ""),
            at=timezone.now(),
            by=request.user.get_username(),
        ),
    )


@require_POST
@roles_required(Role.OPERATOR)
def release(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    dispatch = _dispatch(dispatch_id)
    return _deed(
        request,
        dispatch,
        lambda: release_dispatch(
            dispatch=dispatch,
            at=timezone.now(),
            by=request.user.get_username(),
            reason=request.POST.get("reason", "")[:200] or "Released by hand.",
        ),
    )


@require_POST
@roles_required(Role.OPERATOR)
def cancel(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    dispatch = _dispatch(dispatch_id)
    try:
        cancel_selection(dispatch=dispatch, at=timezone.now(), by=request.user.get_username())
    except DermsError as refusal:
        return _answer(request, refused_panel(dispatch.group, refusal.message), status=409)
    if is_htmx(request):
        return _answer(request, IDLE)
    return redirect("operations_console")


@require_GET
@roles_required(Role.OPERATOR)
def status(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    """The panel as the dispatch stands now."""
    return _answer(request, panel_of(_dispatch(dispatch_id)))


def _select(request: HttpRequest, group: DERGroup, wish: Wish, at: datetime) -> DERGroupDispatch:
    by = request.user.get_username()
    dispatch = select_dispatch(group=group, wish=wish, at=at, by=by)
    return check_dispatch(dispatch=dispatch, at=at, by=by)


def _deed(
    request: HttpRequest, dispatch: DERGroupDispatch, do: Callable[[], DERGroupDispatch]
) -> HttpResponse:
    try:
        return _shown(request, do())
    except DermsError as refusal:
        return _answer(request, refused_panel(dispatch.group, refusal.message), status=409)


def _shown(request: HttpRequest, dispatch: DERGroupDispatch) -> HttpResponse:
    if is_htmx(request):
        return _answer(request, panel_of(dispatch))
    return redirect(f"{reverse('operations_console')}?dispatch={dispatch.pk}")


def _answer(request: HttpRequest, panel: CommandPanel, *, status: int = 200) -> HttpResponse:
    """htmx swaps only answers it takes for good ones, so a refusal is one there."""
    if is_htmx(request):
        return render(request, "operations/_command.html", {"panel": panel})
    return console_page(request, panel, status=status)


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def select_panel(group: DERGroup, form: CommandForm, at: datetime) -> CommandPanel:
    now = group_now(group, hold_s=RANGE_HOLD_S, at=at)
    return CommandPanel(
        step="select",
        group=group.name,
        group_id=group.pk,
        form=form,
        check_url=reverse("operations_command", args=[group.pk]),
        range_words=range_words(
            now,
            range_of(DispatchFunction.LIMIT_ACTIVE_POWER, now),
            range_of(DispatchFunction.SET_ACTIVE_POWER, now),
        ),
    )


def refused_panel(group: DERGroup, words: str) -> CommandPanel:
    return CommandPanel(
        step="refused",
        group=group.name,
        group_id=group.pk,
        refusal=words,
        check_url=reverse("operations_command", args=[group.pk]),
    )


def panel_of(dispatch: DERGroupDispatch) -> CommandPanel:
    until = timezone.localtime(dispatch.ends_at).strftime("%H:%M")

    def url(name: str) -> str:
        return reverse(f"operations_dispatch_{name}", args=[dispatch.pk])

    step = step_of(dispatch)
    if step == "check":
        return replace(
            check_panel(dispatch, until=until),
            check_url=url("rearm"),
            execute_url=url("execute"),
            cancel_url=url("cancel"),
        )
    if step == "sent":
        return replace(
            sent_panel(dispatch, until=until),
            status_url=url("status"),
            release_url=url("release"),
        )
    return refused_panel(
        dispatch.group, f"The selection is {dispatch.get_status_display().lower()}."
    )


def _group(group_id: int) -> DERGroup:
    group = live_groups().filter(pk=group_id).first()
    if group is None:
        raise Http404("There is no live group with this number.")
    return group


def _dispatch(dispatch_id: int) -> DERGroupDispatch:
    dispatch = dispatches().filter(pk=dispatch_id).first()
    if dispatch is None:
        raise Http404("There is no dispatch with this number.")
    return dispatch
