"""The words of notices: versions, and a look at them on a real case before they are used (CS-9)."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from customers.channels import texts
from customers.channels.phone import short_text
from customers.forms.wordings import WordingForm
from customers.models import Language, Notice
from customers.selectors.wordings import (
    cases_of,
    name_of,
    versions_of,
    wording_in_use,
    wording_rows,
    words_of,
)
from customers.services.wordings import write_wording
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput

WRITERS = (Role.CUSTOMER_SERVICE, Role.ADMINISTRATOR)


@require_safe
@roles_required(*WRITERS)
def wordings(request: HttpRequest) -> HttpResponse:
    return render(request, "customers/wordings.html", {"rows": wording_rows()})


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(*WRITERS)
def wording(request: HttpRequest, template: str) -> HttpResponse:
    """Look first, use then: both send the form, and only “use” keeps anything."""
    if template not in texts.WORDINGS:
        raise Http404("There is no such notice.")
    if request.method != "POST":
        return _page(request, template, _form_of(template, _language(request.GET)))
    form = WordingForm(request.POST)
    if not form.is_valid():
        return _page(request, template, form, status=422)
    typed = form.cleaned_data
    problem = texts.problem_with(
        template, texts.Wording(subject=typed["subject"], body=typed["body"])
    )
    if problem or "use" not in request.POST:
        if problem:
            form.add_error("body", problem)
        return _page(request, template, form, status=422 if problem else 200)
    who = signed_in(request).get_username()
    try:
        kept = write_wording(template=template, at=timezone.now(), by=who, **typed)
    except InvalidInput as refusal:
        form.add_error("body", refusal.message)
        return _page(request, template, form, status=422)
    except Conflict as conflict:
        return _page(request, template, form, status=409, refusal=conflict.message)
    messages.success(request, f"Version {kept.number} is used from now on.")
    return redirect(f"{reverse('service_wording', args=[template])}?language={kept.language}")


def _language(asked: Mapping[str, str]) -> str:
    wanted = asked.get("language", "")
    return wanted if wanted in Language.values else Language.ENGLISH.value


def _spoken(template: str, language: str) -> texts.Wording:
    with translation.override(language):
        return texts.spoken(template)


def _short(text: texts.Text, language: str) -> str:
    with translation.override(language):
        return short_text(text.subject, text.body)


def _form_of(template: str, language: str) -> WordingForm:
    newest = wording_in_use(template, language)
    words = words_of(newest) or _spoken(template, language)
    seen = newest.number if newest else 0
    typed = {"subject": words.subject, "body": words.body, "seen": seen, "language": language}
    return WordingForm(initial=typed)


def _page(
    request: HttpRequest, template: str, form: WordingForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    language = _language(request.POST or request.GET)
    cases = cases_of(template, language)
    wanted = request.POST.get("case") or request.GET.get("case", "")
    case = next((one for one in cases if str(one.pk) == wanted), cases[0] if cases else None)
    text = None if form.errors else _preview(template, form, case)
    context = {
        "template": template,
        "name": name_of(template),
        "form": form,
        "fields": sorted(texts.fields_of(template)),
        "cases": cases,
        "case": case,
        "text": text,
        "short": _short(text, language) if text else "",
        "language": language,
        "languages": Language.choices,
        "versions": versions_of(template, language),
        "standard": _spoken(template, language),
        **extra,
    }
    return render(request, "customers/wording.html", context, status=status)


def _preview(template: str, form: WordingForm, case: Notice | None) -> texts.Text:
    """On the facts of a real case; without one each fact shows its own name."""
    typed: Mapping[str, Any] = form.cleaned_data if form.is_bound else form.initial
    facts = {name: f"[{name}]" for name in texts.fields_of(template)}
    words = texts.Wording(subject=typed["subject"], body=typed["body"])
    return texts.render(template, facts | (case.facts if case else {}), words)
