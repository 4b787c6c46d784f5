"""Pages rendered without a database, for the browser to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template.backends.django import DjangoTemplates
from django.test import RequestFactory

from derms.accounts.roles import Role

NOW = datetime(2026, 6, 17, 14, 32, 8, tzinfo=UTC)
OWN_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, as far as the shell asks."""

    roles: frozenset[Role]
    full_name: str = "Olga Marsh"
    is_authenticated: bool = True

    def get_full_name(self) -> str:
        return self.full_name

    def get_username(self) -> str:
        return "olga"


class Nameplate(forms.Form):
    """One field of each kind."""

    rating = forms.IntegerField(label="Active power rating", min_value=1, help_text="As printed.")
    phases = forms.ChoiceField(label="Phases", choices=[("a", "A"), ("abc", "A, B and C")])
    kind = forms.ChoiceField(
        label="Technology", widget=forms.RadioSelect, choices=[("pv", "PV"), ("bess", "Battery")]
    )
    accept = forms.BooleanField(label="The nameplate photograph shows these values")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)


def page(
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    roles: frozenset[Role] = frozenset({Role.OPERATOR}),
    theme: str = "",
    path: str = "/",
) -> str:
    """The HTML a person with these roles would get."""
    request = RequestFactory().get(path)
    if theme:
        request.COOKIES["theme"] = theme
    request.user = Visitor(roles=roles)  # type: ignore[assignment]  # stands in for a stored user
    return (
        _engine().get_template(template).render({**(context or {}), "user": request.user}, request)
    )


def _engine() -> DjangoTemplates:
    processors = ["django.template.context_processors.request", "derms.ui.context.shell"]
    return DjangoTemplates(
        {
            "NAME": "tests",
            "DIRS": [settings.BASE_DIR / "templates", OWN_TEMPLATES],
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": processors},
        }
    )


@dataclass(frozen=True)
class Row:
    """A line of the catalogue's table."""

    name: str
    place: str
    word: str
    kind: str
    result: str
    w: int
    at: datetime | None
    css: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The context of the catalogue page."""

    rows: list[Row] = field(
        default_factory=lambda: [
            Row(
                "A-2026-0117",
                "12 Mill Lane · FDR-13",
                "In review",
                "wait",
                "review",
                8000,
                NOW,
                "sel",
            ),
            Row("A-2026-0118", "4 Quay Street · FDR-2", "Approved", "done", "pass", 12600, NOW),
            Row(
                "A-2026-0119",
                "1 High Road · FDR-3",
                "On hold",
                "warn",
                "fail",
                -4000,
                NOW - timedelta(seconds=95),
                "stale",
            ),
            Row("A-2026-0120", "9 Orchard Way · FDR-3", "Draft", "idle", "skipped", 0, None),
        ]
    )

    def context(self, shell: str) -> dict[str, Any]:
        return {
            "shell": shell,
            "now": NOW,
            "rows": self.rows,
            "page_of_rows": Paginator(range(95), 25).page(2),
            "steps": [
                {"label": "Application", "state": "done", "note": "Received 12 June."},
                {"label": "Completeness", "state": "done", "note": "Customer service, 13 June."},
                {"label": "Engineering", "state": "current", "note": "Decision by 24 June."},
                {"label": "Commissioning", "state": "todo", "note": "A technician visits you."},
                {"label": "In operation", "state": "todo"},
            ],
            "checks": [
                {"label": "Tariff accepted", "state": "pass"},
                {
                    "label": "Single-line diagram",
                    "state": "fail",
                    "why": "No document of this kind.",
                    "url": "#",
                    "action": "Ask for it",
                },
                {"label": "Equipment on the certified list", "state": "open"},
            ],
            "parts": [
                {"label": "verified", "count": 17, "kind": "", "percent": 81.0},
                {"label": "sent", "count": 3, "kind": "part", "percent": 14.2},
                {"label": "failed", "count": 1, "kind": "bad", "percent": 4.8},
            ],
            "counts": [
                {"level": 1, "label": "Critical", "count": 1},
                {"level": 2, "label": "High", "count": 2},
                {"level": 3, "label": "Medium", "count": 0},
                {"level": 4, "label": "Diagnostic", "count": 4},
            ],
            "entries": [
                {"at": NOW, "who": "Olga Marsh, operator", "what": "Confirmed", "reason": ""},
                {
                    "at": NOW - timedelta(hours=5),
                    "who": "Erik Lund, engineer",
                    "what": "Held",
                    "reason": "Waits for the transformer on Mill Lane, planned 1 September.",
                },
            ],
            "ranges": [
                {"label": "15 min", "url": "/trend.json?range=15m", "current": False},
                {"label": "2 h", "url": "/trend.json", "current": True},
            ],
            "form": Nameplate({"rating": "-5", "phases": "a", "note": "kept"}),
        }
