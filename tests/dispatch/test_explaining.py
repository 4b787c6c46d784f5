"""Why did my battery run at 18:00, and what did I earn? Read aloud, from recorded facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from derms.lib.telling import in_english
from dispatch.explaining import EventFacts, Fate, why_dispatched

ZONE = ZoneInfo("Europe/Berlin")
SIX = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)
ROOF = EventFacts(
    unit="Solar of Ada Lovelace", group="Rooftops of F12", reason="too much sun on the feeder.",
    tariff="Solar Partner", is_battery=False, is_limit=True, value_w=3_000,
    day=date(2026, 6, 15), begins_at=SIX, ends_at=SIX + timedelta(hours=1), over_at=None,
    fate=Fate.TOOK_PART, price_per_kwh=Decimal("0.12"), currency="USD",
)  # fmt: skip
SETTLED = replace(
    ROOF, over_at=SIX + timedelta(minutes=50), delivered_wh=2_480.0, curtailed_wh=1_230.0,
    uncertainty_wh=90.0, payment=Decimal("0.15"),
)  # fmt: skip
BATTERY = replace(
    SETTLED, unit="Battery of Ada Lovelace", is_battery=True, is_limit=False, value_w=4_000,
    reason="Evening peak of the harbour", delivered_wh=3_300.0, curtailed_wh=0.0,
    payment=Decimal("0.00"),
)  # fmt: skip


def told(facts: EventFacts) -> str:
    return in_english(why_dispatched(facts), ZONE)


def test_why_did_my_battery_run_at_six() -> None:
    assert told(BATTERY) == (
        "On 15 June at 18:00 the utility asked the group Rooftops of F12 for help: Evening peak of "
        "the harbour. Your part: Battery of Ada Lovelace was to give 4.00 kW until 19:00. It ended "
        "at 18:50; until then it gave 3.30 kWh. Nothing was held back, so nothing is paid for it. "
        "Your tariff Solar Partner allows such requests."
    )


def test_what_did_i_earn() -> None:
    assert told(SETTLED) == (
        "On 15 June at 18:00 the utility asked the group Rooftops of F12 for help: too much sun on "
        "the feeder. Your part: Solar of Ada Lovelace was to give no more than 3.00 kW until "
        "19:00. It ended at 18:50; until then it gave 2.48 kWh. About 1.23 kWh was held back, give "
        "or take 0.09 kWh. For that you are paid 0.15 USD: 1.23 kWh at 0.12 USD for each kWh. "
        "Your tariff Solar Partner allows such requests."
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ROOF, "By 19:00 at the latest it runs as before"),
        (replace(ROOF, fate=Fate.WAITING), "It has not confirmed this yet."),
        (replace(ROOF, over_at=SIX), "What it came to is being counted."),
        (replace(SETTLED, fate=Fate.NOT_REACHED), "did not reach it: it ran as always"),
        (replace(SETTLED, fate=Fate.WITHDRAWN), "withdrawn before it arrived"),
        (replace(SETTLED, left_out_at=SIX), "You left this event out at 18:00"),
        (replace(BATTERY, value_w=-2_000), "was to store 2.00 kW"),
        (replace(ROOF, value_w=0), "was to give nothing until 19:00"),
        (replace(BATTERY, value_w=0), "was to rest until 19:00"),
        (replace(BATTERY, value_w=-2_000, delivered_wh=-1_000.0), "it stored 1.00 kWh"),
    ],
)
def test_each_fate_has_its_words(facts: EventFacts, words: str) -> None:
    assert words in told(facts)


@pytest.mark.parametrize("fate", [Fate.NOT_REACHED, Fate.WITHDRAWN])
def test_where_nothing_arrived_nothing_is_said_of_pay(fate: Fate) -> None:
    assert "paid 0.15" not in told(replace(SETTLED, fate=fate))
