"""The tariff book: versions over time, drafts, what each says in words (CS-2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.utils import timezone

from customers.models import CustomerAgreement, Tariff, TariffDraft, TariffVersion, UsagePoint
from customers.models.tariff import TariffTerms
from customers.models.terms import LeavingTerms
from customers.tariffs.calendar import PriceSchedule
from customers.tariffs.eligibility import TariffRules
from customers.tariffs.leaving import LeavingRules
from customers.tariffs.wording import full_text, price_words, rule_words


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a version or a draft says, in words made from its data."""

    prices: tuple[str, ...]
    rules: tuple[str, ...]
    schedule: PriceSchedule


def tariffs() -> QuerySet[Tariff]:
    """Every tariff with its versions, newest first, and its open draft."""
    versions = TariffVersion.objects.order_by("-number")
    drafts = TariffDraft.objects.filter(version=None).select_related("edited_by")
    return Tariff.objects.order_by("name").prefetch_related(
        Prefetch("versions", versions), Prefetch("drafts", drafts, to_attr="open_drafts")
    )


def versions() -> QuerySet[TariffVersion]:
    return TariffVersion.objects.select_related("tariff").order_by("tariff__name", "-number")


def version_in_force(tariff: Tariff, at: datetime) -> TariffVersion | None:
    """The one version whose validity covers this moment."""
    covers = Q(active_from__lte=at) & (Q(active_to=None) | Q(active_to__gt=at))
    return versions().filter(covers, tariff=tariff).first()


def open_drafts() -> QuerySet[TariffDraft]:
    return TariffDraft.objects.filter(version=None).select_related("tariff", "edited_by")


def agreements_under(version: TariffVersion) -> QuerySet[CustomerAgreement]:
    return CustomerAgreement.objects.filter(tariff_version=version, ended_at=None)


def left_tariff_on(usage_point: UsagePoint, tariff_id: int) -> date | None:
    """The last day on which this service point was under the tariff that it has left."""
    ended = CustomerAgreement.objects.filter(
        usage_point=usage_point, tariff_version__tariff=tariff_id, ended_at__isnull=False
    ).aggregate(last=Max("ended_at"))["last"]
    return None if ended is None else timezone.localdate(ended - timedelta(seconds=1))


def last_day_of(agreement: CustomerAgreement) -> date | None:
    """The last day of an agreement that somebody asked to leave."""
    leaves_at = agreement.leaves_at
    return None if leaves_at is None else timezone.localdate(leaves_at - timedelta(seconds=1))


def agreements_to_end(*, at: datetime) -> QuerySet[CustomerAgreement]:
    """Those that somebody asked to leave, whose last day is over."""
    return CustomerAgreement.objects.filter(ended_at=None, leaves_at__lte=at).order_by("leaves_at")


def terms_rules(
    terms: TariffTerms, *, name: str, active_from: datetime, active_to: datetime | None = None
) -> TariffRules:
    """The rules of a version or a draft as the pure engine reads them."""
    return TariffRules(
        name=name,
        technologies=frozenset(terms.technologies),
        apparent_power_max_va=terms.apparent_power_max_va,
        phases=frozenset(terms.phases),
        required_communication=terms.required_communication,
        may_join_groups=terms.may_join_groups,
        dispatches_per_month_max=terms.dispatches_per_month_max,
        active_from=active_from,
        active_to=active_to,
        postcodes=frozenset(terms.postcodes),
        needs_interval_meter=terms.needs_interval_meter,
        opt_outs_per_month_max=terms.opt_outs_per_month_max,
        required_forms=tuple(terms.required_forms),
    )


def leaving_rules_of(version: TariffVersion) -> LeavingRules:
    return leaving_rules(version, version.tariff.name)


def said_by(terms: TariffVersion | TariffDraft) -> Said:
    """Prices and rules of a version or a draft in words."""
    schedule = terms.schedule
    rules = terms_rules(terms, name=terms.tariff.name, active_from=terms.active_from)
    return Said(
        prices=price_words(schedule, currency=settings.CURRENCY),
        rules=rule_words(
            rules,
            leaving_rules(terms, terms.tariff.name),
            curtailment_per_kwh=terms.curtailment_price_per_kwh,
            currency=settings.CURRENCY,
        ),
        schedule=schedule,
    )


def text_of(draft: TariffDraft) -> str:
    """The text that customers will accept once this draft is published."""
    said = said_by(draft)
    return full_text(draft.wording, prices=said.prices, rules=said.rules)


def leaving_rules(terms: LeavingTerms, name: str) -> LeavingRules:
    return LeavingRules(
        name=name,
        notice_days=terms.notice_days,
        minimum_term_months=terms.minimum_term_months,
        left_on=terms.left_on,
        third_party_may_leave=terms.third_party_may_leave,
        rejoin_after_days=terms.rejoin_after_days,
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that a version says, beside what another says of it."""

    label: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


LABELS = {
    "summary_lines": "Summary",
    "technologies": "Technologies",
    "apparent_power_max_va": "Most apparent power, VA",
    "phases": "Connections",
    "postcodes": "Postcodes",
    "needs_interval_meter": "Needs an interval meter",
    "required_communication": "Communication",
    "required_forms": "Required papers",
    "may_join_groups": "May be dispatched in groups",
    "dispatches_per_month_max": "Most dispatches a month",
    "opt_outs_per_month_max": "Events that may be left out, a month",
    "curtailment_price_per_kwh": "Paid for held back, per kWh",
    "notice_days": "Notice to leave, days",
    "minimum_term_months": "Minimum term, months",
    "left_on": "May be left on",
    "third_party_may_leave": "A company may leave it",
    "rejoin_after_days": "Days before joining again",
}


def differences(
    left: TariffVersion | TariffDraft, right: TariffVersion | TariffDraft
) -> list[Difference]:
    """Everything that two versions say, prices line by line, then the text."""
    rows = [
        Difference(
            label=label, left=_shown(getattr(left, name)), right=_shown(getattr(right, name))
        )
        for name, label in LABELS.items()
    ]
    old, new = (_price_lines(one.schedule) for one in (left, right))
    rows += [
        Difference(label=key, left=old.get(key, "–"), right=new.get(key, "–"))
        for key in dict.fromkeys([*old, *new])
    ]
    rows.append(Difference(label="Text", left=_full(left), right=_full(right)))
    return rows


def covers(version: TariffVersion, at: datetime) -> bool:
    return version.active_from <= at and (version.active_to is None or at < version.active_to)


def agreements_by_version() -> dict[int, int]:
    """How many agreements in force each version has."""
    counted = CustomerAgreement.objects.filter(ended_at=None).values("tariff_version")
    return dict(counted.annotate(count=Count("pk")).values_list("tariff_version", "count"))


def _price_lines(schedule: PriceSchedule) -> dict[str, str]:
    found = {}
    for line in schedule.lines:
        cost = line.price.import_per_kwh
        key = f"{line.price.season}, {line.days_words}, from {line.begins:%H:%M}"
        used = "" if cost is None else f", used {cost}"
        found[key] = f"{line.price.name}: fed in {line.price.export_per_kwh}{used}"
    if schedule.holidays:
        found["Holidays"] = ", ".join(day.isoformat() for day in sorted(schedule.holidays))
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value) or "–"
    return "–" if value is None else str(value)


def _full(one: TariffVersion | TariffDraft) -> str:
    return one.text if isinstance(one, TariffVersion) else text_of(one)
