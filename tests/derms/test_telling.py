"""Sentences of words and facts, in English and in the reader's language."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import translation

from derms.lib.telling import Energy, Money, Power, in_english, say
from derms.ui.telling import told

AT = datetime(2026, 6, 15, 18, 0, tzinfo=UTC)


def test_each_fact_is_written_as_people_say_it() -> None:
    sentences = (
        say("On {day} at {at}:", day=date(2026, 6, 5), at=AT),
        say("{power}, {energy}, {money}.", power=Power(4_200), energy=Energy(1_250),
            money=Money(Decimal("0.31"), "USD")),
    )  # fmt: skip

    paragraph = in_english(sentences, ZoneInfo("Europe/Berlin"))

    assert paragraph == "On 5 June at 20:00: 4.20 kW, 1.25 kWh, 0.31 USD."


def test_braces_in_a_fact_stay_what_they_are() -> None:
    assert in_english((say("Because {why}.", why="{day} %s {"),), ZoneInfo("UTC")) == (
        "Because {day} %s {."
    )


def test_a_page_writes_numbers_in_the_readers_way() -> None:
    with translation.override("de"):
        assert told((say("{energy}", energy=Energy(1_250)),)) == "1,25 kWh"
    assert told((say("{energy} on {day}", energy=Energy(1_250), day=date(2026, 6, 5)),)) == (
        "1.25 kWh on 5 June"
    )
