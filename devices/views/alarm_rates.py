"""How the alarms themselves do: rate, flood, nuisance (ISA-18.2, EEMUA 191)."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required
from derms.ui.bars import Bars, bars_of
from devices import selectors
from devices.alarming import rates
from devices.selectors.alarm_rates import announced_per_10_min, most_frequent, shares_by_priority
from devices.selectors.policy import policy
from devices.views.alarms import READERS

SPANS = {"1d": 1, "7d": 7}
TEN_MINUTES_S = 600


@require_safe
@roles_required(*READERS)
def performance(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    chosen = request.GET.get("span", "")
    days = SPANS.get(chosen, 1)
    to_at = _whole_10_min(at)
    from_at = to_at - timedelta(days=days)
    operators = policy().operators_on_duty
    counted = rates.rates(announced_per_10_min(from_at, to_at), operators=operators)
    shares = [
        (share, rates.SHARES_PCT[share.level]) for share in shares_by_priority(from_at, to_at)
    ]
    context = {
        "spans": [
            {"label": label, "url": f"?span={label}", "current": SPANS[label] == days}
            for label in SPANS
        ],
        "from_at": from_at,
        "to_at": to_at,
        "rates": counted,
        "verdict": rates.judge_rate(counted.per_hour),
        "bars": _bars(counted, from_at, days),
        "figures": rates,
        "operators": operators,
        "shares": shares,
        "frequent": [
            (row, selectors.place_words(row.alarm)) for row in most_frequent(from_at, to_at)
        ],
        "tabs": selectors.counts_by_tab(at),
        "policy": policy(),
    }
    return render(request, "devices/alarm_performance.html", context)


def _bars(counted: rates.Rates, from_at: datetime, days: int) -> Bars:
    """By the hour for a day, by six hours for a week: as many columns as can be told apart."""
    hours = counted.hours
    width_h = 1 if days == 1 else 6
    values = [
        sum(hours[first : first + width_h]) / width_h for first in range(0, len(hours), width_h)
    ]
    starts = [from_at + timedelta(hours=width_h * place) for place in range(len(values))]
    limits = (rates.ACCEPTABLE_PER_H, rates.MANAGEABLE_PER_H)
    return bars_of(list(zip(starts, values, strict=True)), limits=limits)


def _whole_10_min(at: datetime) -> datetime:
    """The end of the ten minutes that are running, so that what just came is in the picture."""
    past_s = at.timestamp() % TEN_MINUTES_S
    return at + timedelta(seconds=TEN_MINUTES_S - past_s)
