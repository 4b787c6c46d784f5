"""Pages where engineers bring network models in: check, look, accept or reject (IC-2)."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, DermsError
from derms.lib.lifecycle import MoveNotAllowed
from interconnection.forms.networks import AnswerForm, NetworkForm
from interconnection.models import Feeder, NetworkUpload
from interconnection.selectors.network_check import check_of
from interconnection.selectors.network_versions import versions_in_force
from interconnection.services import network_uploads as services
from interconnection.statuses import UploadStatus

UPLOADS_SHOWN = 25


@roles_required(Role.ENGINEER)
@require_http_methods(["GET", "POST"])
def networks(request: HttpRequest) -> HttpResponse:
    """What is in force, and a file that is sent: it is checked first, and changes nothing."""
    form = NetworkForm(request.POST, request.FILES) if request.method == "POST" else NetworkForm()
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            upload = services.bring_network(
                name=form.cleaned_data["name"], file_name=file.name or "model.zip",
                content=file.read(), allows_loops=form.cleaned_data["allows_loops"],
                at=timezone.now(), by=signed_in(request).username,
            )  # fmt: skip
        except DermsError as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect("engineering_network", upload_id=upload.pk)
    context = {
        "form": form,
        "versions": versions_in_force(),
        "uploads": _listed()[:UPLOADS_SHOWN],
        "feeders": list(Feeder.objects.order_by("name").values_list("name", flat=True)),
    }
    status = 422 if form.errors else 200
    return render(request, "interconnection/networks.html", context, status=status)


@roles_required(Role.ENGINEER)
@require_GET
def network(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Progress while it is checked, then what was found; htmx asks for the part that changes."""
    return _page(request, _found(upload_id), AnswerForm())


@roles_required(Role.ENGINEER)
@require_POST
def accept(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Make it the current version."""
    return _answer(request, upload_id, is_accepted=True)


@roles_required(Role.ENGINEER)
@require_POST
def reject(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Leave the current version as it is."""
    return _answer(request, upload_id, is_accepted=False)


@roles_required(Role.ENGINEER)
@require_POST
def again(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Compare with what is current now."""
    upload = _found(upload_id)
    try:
        services.check_again(upload=upload, at=timezone.now(), by=signed_in(request).username)
    except DermsError as error:
        messages.error(request, error.message)
    return redirect("engineering_network", upload_id=upload.pk)


@roles_required(Role.ENGINEER)
@require_POST
def cancel(request: HttpRequest, upload_id: int) -> HttpResponse:
    """End a check that waits or runs."""
    upload = _found(upload_id)
    try:
        services.cancel_check(upload=upload, at=timezone.now(), by=signed_in(request).username)
    except DermsError as error:
        messages.error(request, error.message)
    return redirect("engineering_network", upload_id=upload.pk)


def _answer(request: HttpRequest, upload_id: int, *, is_accepted: bool) -> HttpResponse:
    upload, form = _found(upload_id), AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, upload, form, status=422)
    deed = services.accept_network if is_accepted else services.reject_network
    try:
        answered = deed(
            upload=upload, reason=form.cleaned_data["reason"], at=timezone.now(),
            by=signed_in(request).username,
        )  # fmt: skip
    except (Conflict, MoveNotAllowed) as error:
        return _page(request, _found(upload_id), form, refusal=error.message, status=409)
    except DermsError as error:
        return _page(request, _found(upload_id), form, refusal=error.message, status=422)
    words = f"{answered.version} is in force." if is_accepted else f"{answered} was rejected."
    messages.success(request, words)
    return redirect("engineering_network", upload_id=upload.pk)


def _page(
    request: HttpRequest,
    upload: NetworkUpload,
    form: AnswerForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    is_htmx = request.headers.get("HX-Request") == "true"
    if is_htmx and upload.is_open:
        return render(request, "interconnection/_network_progress.html", {"upload": upload})
    context = {
        "upload": upload,
        "check": check_of(upload),
        "form": form,
        "refusal": refusal,
        "may_answer": upload.status == UploadStatus.CHECKED,
    }
    response = render(request, "interconnection/network.html", context, status=status)
    if is_htmx:
        response["HX-Refresh"] = "true"
    return response


def _listed() -> Any:  # noqa: ANN401  a queryset
    rows = NetworkUpload.objects.defer("content", "circuit", "findings")
    return rows.select_related("version").order_by("-pk")


def _found(upload_id: int) -> NetworkUpload:
    rows = NetworkUpload.objects.defer("content", "circuit")
    row = rows.select_related("version", "compared_with").filter(pk=upload_id).first()
    if row is None:
        raise Http404(f"There is no network model {upload_id}.")
    return row
