"""Step 3 of an application: equipment from the certified list, with its nameplate (IC-1)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from derms.accounts.access import roles_required
from derms.lib.errors import InvalidInput, NotFound, Refused
from derms.lib.words import say
from interconnection.forms.applying import UnitForm
from interconnection.models import ApplicationUnit, EquipmentModel, InterconnectionApplication
from interconnection.selectors.applications import equipment_matching, total_power_w
from interconnection.selectors.room import room_at
from interconnection.services import applications as services
from interconnection.statuses import Technology
from interconnection.views.portal import PORTAL
from interconnection.views.steps import on_draft, step_page

EQUIPMENT_SHOWN = 20


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
@on_draft
def units(request: HttpRequest, draft: InterconnectionApplication) -> HttpResponse:
    """Step 3: what is listed so far, and the way to add another."""
    context: dict[str, Any] = {
        "application": draft,
        "room": room_at(draft.usage_point, besides=draft),
        "units": list(draft.units.all()),
        "power_w": total_power_w(draft),
    }
    if request.method == "POST":
        if context["units"]:
            return redirect("portal_apply_date", draft.reference)
        context["missing"] = say("Add the equipment that you want to connect.")
    return step_page(request, "units", 3, context, is_wrong=context.get("missing"))


@require_safe
@roles_required(*PORTAL)
@on_draft
def equipment(request: HttpRequest, draft: InterconnectionApplication) -> HttpResponse:
    """Step 3, second page: search the list of certified equipment."""
    at = timezone.now()
    technology = request.GET.get("technology", "")
    text = request.GET.get("q", "")[:100]
    found: list[EquipmentModel] = []
    if technology in Technology.values:
        found = list(
            equipment_matching(technology=technology, text=text, today=timezone.localdate(at))[
                : EQUIPMENT_SHOWN + 1
            ]
        )
    context = {
        "application": draft,
        "technologies": Technology.choices,
        "technology": technology if technology in Technology.values else "",
        "q": text,
        "found": found[:EQUIPMENT_SHOWN],
        "has_more": len(found) > EQUIPMENT_SHOWN,
    }
    return step_page(request, "equipment", 3, context)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
@on_draft
def new_unit(request: HttpRequest, draft: InterconnectionApplication) -> HttpResponse:
    """Step 3, third page: nameplate of a new unit, filled in from the list when it was chosen."""
    sent = request.POST if request.method == "POST" else request.GET
    listed = _listed(sent.get("equipment", ""))
    technology = listed.technology if listed else sent.get("technology", Technology.PHOTOVOLTAIC)
    initial = (
        UnitForm.initial_of(listed, technology=technology)
        if listed
        else {
            "technology": technology,
            "ac_voltage_nominal_rating_v": draft.usage_point.nominal_voltage_v,
        }
    )
    return _unit_page(request, draft, listed, unit=None, initial=initial)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
@on_draft
def change_unit(
    request: HttpRequest, draft: InterconnectionApplication, unit_id: int
) -> HttpResponse:
    unit = draft.units.filter(pk=unit_id).select_related("equipment").first()
    if unit is None:
        raise Http404(say("This application has no such unit."))
    initial = UnitForm.initial_of(unit, technology=unit.technology)
    return _unit_page(request, draft, unit.equipment, unit=unit, initial=initial)


@require_POST
@roles_required(*PORTAL)
@on_draft
def remove_unit(
    request: HttpRequest, draft: InterconnectionApplication, unit_id: int
) -> HttpResponse:
    try:
        services.remove_unit(application=draft, unit_id=unit_id)
    except NotFound as missing:
        raise Http404(missing.message) from missing
    messages.success(request, say("The unit is removed."))
    return redirect("portal_apply_units", draft.reference)


def _listed(number: str) -> EquipmentModel | None:
    """The model of the list that was chosen, also one withdrawn since, which saving refuses."""
    if not number.isdecimal() or len(number) > 18:
        return None
    return EquipmentModel.objects.filter(pk=int(number)).first()


def _unit_page(
    request: HttpRequest,
    draft: InterconnectionApplication,
    listed: EquipmentModel | None,
    *,
    unit: ApplicationUnit | None,
    initial: dict[str, Any],
) -> HttpResponse:
    form = UnitForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_unit(
                application=draft,
                values=form.unit_values(),
                equipment=listed,
                unit_id=unit.pk if unit else None,
                at=timezone.now(),
            )
        except InvalidInput as refusal:
            form.add_errors(refusal.fields)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("portal_apply_units", draft.reference)
    context = {
        "application": draft,
        "form": form,
        "unit": unit,
        "listed": listed,
        "groups": _groups(form),
        "is_folded": listed is not None and not form.errors,
    }
    return step_page(request, "unit", 3, context, is_wrong=form.errors)


def _groups(form: UnitForm) -> list[dict[str, Any]]:
    """The fields that belong to what it is; the other kind's are shown only when filled in."""
    groups = [form.NAMEPLATE, form.VOLTAGE, form.EXCITED]
    if form.is_battery or _any_typed(form, form.STORAGE.fields):
        groups.insert(1, form.STORAGE)
    return [
        {
            "title": say(group.title),
            "fields": [(form[name], unit) for name, unit in group.fields],
            "is_folded": group is form.EXCITED and not _any_typed(form, group.fields),
        }
        for group in groups
    ]


def _any_typed(form: UnitForm, fields: tuple[tuple[str, str], ...]) -> bool:
    return any(form[name].value() not in (None, "") for name, _ in fields)
