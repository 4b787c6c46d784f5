"""Pages of the tariff book and of programmes, drawn from rows that are rolled back."""

from collections.abc import Mapping
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import CustomerAgreement, TariffDraft, TariffVersion, UsagePoint
from customers.services.leaving import leave_tariff
from customers.services.programmes import enrol
from customers.services.tariffs import begin_draft
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.selectors.tariffs import der_facts
from tests.customers.programmes import make_programme
from tests.customers.tariff_schedules import time_of_use
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_person,
    make_tariff_version,
    make_usage_point,
)
from tests.ui.device_pages import rolled_back

STAFF = (
    "tariffs",
    "tariff",
    "compare",
    "new",
    "draft",
    "wrong",
    "preview",
    "programmes",
    "fragment",
)
PORTAL = ("tariffs", "tariff", "agreement", "leaving", "leave", "stopped", "change", "programmes")


class Scene:
    """A tariff with two versions and a draft, a customer under it with a battery."""

    def __init__(self) -> None:
        self.at = timezone.now()
        self.cleo, self.cora = (make_person(n, Role.CUSTOMER_SERVICE) for n in ("cleo", "cora"))
        self.ada = make_person("ada", Role.CUSTOMER)
        began = self.at - timedelta(days=400)
        first = make_tariff_version(
            "SUNSET-HOURS",
            active_from=began,
            active_to=began + timedelta(days=300),
            notice_days=30,
        )
        self.version: TariffVersion = make_tariff_version(
            "SUNSET-HOURS",
            active_from=began + timedelta(days=300),
            prices=time_of_use(),
            notice_days=30,
            left_on="month_end",
            opt_outs_per_month_max=2,
        )
        assert first.tariff == self.version.tariff
        self.other = make_tariff_version("HOME-SOLAR", may_join_groups=False)
        self.point: UsagePoint = make_usage_point(make_customer(user=self.ada))
        self.agreement = make_agreement(self.point, self.version, accepted_by=self.ada)
        self.draft: TariffDraft = begin_draft(
            tariff=self.version.tariff,
            active_from=self.at + timedelta(days=40),
            at=self.at,
            by=self.cleo,
        )
        self._programmes()

    def _programmes(self) -> None:
        der = make_der(self.point, self.agreement, technology="battery")
        evening = make_programme("EVENING", tariff_codes=[])
        make_programme("FREE", tariff_codes=[], technologies=[])
        make_programme("SCHOOLS", postcodes=["2002"], technologies=["photovoltaic"])
        enrol(
            usage_point=self.point, version=evening, units=[der_facts(der)], at=self.at, by=self.ada
        )

    def leaving(self) -> CustomerAgreement:
        point = make_usage_point(self.point.customer, street="8 Quay Street")
        agreement = make_agreement(point, self.version, accepted_by=self.ada)
        return leave_tariff(agreement=agreement, last_day=None, at=self.at, by=self.ada)

    def free(self) -> CustomerAgreement:
        point = make_usage_point(self.point.customer, street="9 Quay Street")
        return make_agreement(point, self.version, accepted_by=self.ada)


def drawn_pages() -> Mapping[str, str]:
    """HTML by path, staff pages in both of their themes and the portal's in both of its own."""
    found: dict[str, str] = {}
    with rolled_back():
        scene = Scene()
        leaving, free = scene.leaving(), scene.free()
        for theme in ("dark", "day"):
            found |= _staff(scene, _client(scene.cora, theme), theme)
        for theme in ("dark", "light"):
            found |= _portal(scene, leaving, free, _client(scene.ada, theme), theme)
    return found


def _staff(scene: Scene, client: Client, theme: str) -> dict[str, str]:
    tariff = scene.version.tariff_id
    compare = reverse("service_tariff_compare", args=[tariff])
    draft = reverse("service_tariff_draft", args=[scene.draft.pk])
    wrong = {"revision": 1, "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0}
    return {
        f"/{theme}/staff/tariffs": _get(client, "service_tariffs"),
        f"/{theme}/staff/tariff": _get(client, "service_tariff", tariff),
        f"/{theme}/staff/compare": client.get(compare, {"a": 1, "b": 2}).content.decode(),
        f"/{theme}/staff/new": _get(client, "service_tariff_new"),
        f"/{theme}/staff/draft": client.get(draft).content.decode(),
        f"/{theme}/staff/wrong": client.post(draft, wrong).content.decode(),
        f"/{theme}/staff/preview": _get(client, "service_tariff_draft_preview", scene.draft.pk),
        f"/{theme}/staff/programmes": _get(client, "service_programmes"),
        f"/{theme}/staff/fragment": _get(client, "service_programmes").replace(
            "</main>",
            _get(client, "service_customer_programmes", scene.point.customer_id) + "</main>",
        ),
    }


def _portal(
    scene: Scene,
    leaving: CustomerAgreement,
    free: CustomerAgreement,
    client: Client,
    theme: str,
) -> dict[str, str]:
    change = reverse("portal_agreement_change", args=[scene.agreement.pk, scene.other.pk])
    return {
        f"/{theme}/portal/tariffs": _get(client, "portal_tariffs"),
        f"/{theme}/portal/tariff": _get(client, "portal_tariff", scene.version.pk),
        f"/{theme}/portal/agreement": _get(client, "portal_agreement", scene.agreement.pk),
        f"/{theme}/portal/leaving": _get(client, "portal_agreement", leaving.pk),
        f"/{theme}/portal/leave": _get(client, "portal_agreement_leave", free.pk),
        f"/{theme}/portal/stopped": _get(client, "portal_agreement_leave", scene.agreement.pk),
        f"/{theme}/portal/change": client.post(change, {"accepted_name": ""}).content.decode(),
        f"/{theme}/portal/programmes": _get(client, "portal_programmes"),
    }


def _client(person: User, theme: str) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["theme"] = theme
    return client


def _get(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, (name, answer.status_code)
    return str(answer.content.decode())
