"""The desk's page of the list of certified equipment: bring one in, look, take it into force."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, InvalidInput
from interconnection.forms.equipment_list import EquipmentListForm
from interconnection.models import EquipmentList, EquipmentModel
from interconnection.services.equipment_list import check_list, put_list_in_force

LISTS_SHOWN, FAULTS_SHOWN = 12, 50


@roles_required(Role.CUSTOMER_SERVICE)
@require_http_methods(["GET", "POST"])
def lists(request: HttpRequest) -> HttpResponse:
    """What is in force and was; a file that is sent is checked first, and changes nothing."""
    form = EquipmentListForm(
        request.POST if request.method == "POST" else None, request.FILES or None
    )
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            check_list(
                content=file.read(), file_name=file.name or "list.csv", at=timezone.now(),
                by=request.user.get_username(),
            )  # fmt: skip
        except InvalidInput as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect("service_equipment")
    return _page(request, form)


@roles_required(Role.CUSTOMER_SERVICE)
@require_POST
def put_in_force(request: HttpRequest, list_id: int) -> HttpResponse:
    row = EquipmentList.objects.filter(pk=list_id).first()
    if row is None:
        raise Http404(f"There is no list {list_id}.")
    try:
        found = put_list_in_force(
            equipment_list=row,
            skips_faults=bool(request.POST.get("skips_faults")),
            at=timezone.now(),
            by=request.user.get_username(),
        )
    except DermsError as error:
        messages.error(request, error.message)
    else:
        counts = (len(found.added), len(found.changed), len(found.withdrawn))
        words = "The list is in force: {} models added, {} changed, {} withdrawn.".format(*counts)
        messages.success(request, words)
    return redirect("service_equipment")


def _page(request: HttpRequest, form: forms.Form) -> HttpResponse:
    rows = list(EquipmentList.objects.defer("content").order_by("-pk")[:LISTS_SHOWN])
    newest = rows[0] if rows else None
    waiting = newest if newest and newest.number is None else None
    context = {
        "form": form,
        "lists": [row for row in rows if row.number is not None],
        "waiting": waiting,
        "faults": waiting.faults[:FAULTS_SHOWN] if waiting else [],
        "more_faults": max(0, len(waiting.faults) - FAULTS_SHOWN) if waiting else 0,
        "offered": EquipmentModel.objects.filter(withdrawn_on_date=None).count(),
    }
    status = 422 if form.errors else 200
    return render(request, "interconnection/equipment_lists.html", context, status=status)
