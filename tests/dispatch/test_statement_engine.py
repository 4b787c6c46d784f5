"""A statement from counted energy, contracts and dispatches, by hand and to the cent (CS-10)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.tariffs.schedules import flat, schedule_of
from derms.lib.wire import from_data, to_data
from dispatch.statements import (
    Content,
    Contract,
    Energy,
    Participation,
    Source,
    StatementFacts,
    compose,
)
from groups.aggregation import Kind

ZONE = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)
BEGINS = datetime(2026, 6, 1, tzinfo=ZONE)
ENDS = datetime(2026, 6, 3, tzinfo=ZONE)
PRICE = schedule_of(flat(Decimal("0.08"), Decimal("0.30")))


def quarters(
    begins: datetime, ends: datetime, injected_wh: float | None, absorbed_wh: float | None = 0.0
) -> list[Energy]:
    at, found = begins.astimezone(UTC), []
    while at < ends.astimezone(UTC):
        found.append(Energy(at, at + QUARTER, injected_wh, absorbed_wh, 900.0))
        at += QUARTER
    return found


def solar(energy: Sequence[Energy]) -> Source:
    return Source("Roof", Kind.PHOTOVOLTAIC, BEGINS, energy)


def battery(energy: Sequence[Energy]) -> Source:
    return Source("Battery", Kind.BATTERY, BEGINS, energy)


def meter(energy: Sequence[Energy]) -> Source:
    return Source("Meter", None, BEGINS, energy)


def facts(
    *sources: Source,
    begins: datetime = BEGINS,
    ends: datetime = ENDS,
    contracts: Sequence[Contract] | None = None,
    participations: Sequence[Participation] = (),
) -> StatementFacts:
    usual = (Contract("Solar, version 1", begins, ends, PRICE),)
    return StatementFacts(
        begins, ends, ZONE, sources, usual if contracts is None else contracts, participations
    )


def test_what_is_not_fed_in_is_used_at_home() -> None:
    """100 Wh a quarter from the roof, 60 Wh of it fed in: 40 Wh stay, 3.84 kWh in a day."""
    it = compose(
        facts(
            solar(quarters(BEGINS, ENDS, 100)),
            meter(quarters(BEGINS, ENDS, 60, 10)),
        )
    )

    assert [day.day.isoformat() for day in it.days] == ["2026-06-01", "2026-06-02"]
    day = it.days[0]
    assert (day.produced_wh, day.exported_wh, day.imported_wh) == (9_600, 5_760, 960)
    assert day.self_used_wh == 3_840
    assert it.gaps == ()
    assert it.is_complete


def test_what_is_stored_is_neither_used_nor_fed_in() -> None:
    it = compose(
        facts(
            solar(quarters(BEGINS, ENDS, 100)),
            battery(quarters(BEGINS, ENDS, 5, 30)),
            meter(quarters(BEGINS, ENDS, 60)),
        )
    )

    assert it.days[0].self_used_wh == 96 * (100 + 5 - 30 - 60)


def test_each_price_has_its_line_and_its_formula() -> None:
    """192 quarters of 60 Wh fed in and 10 Wh taken: 11.52 kWh at 0.08, 1.92 kWh at 0.30."""
    it = compose(facts(solar([]), meter(quarters(BEGINS, ENDS, 60, 10))))

    fed_in, taken = it.lines
    assert (fed_in.energy_kwh, fed_in.amount) == (Decimal("11.52"), Decimal("0.92"))
    assert (taken.energy_kwh, taken.amount) == (Decimal("1.92"), Decimal("-0.58"))
    assert "11.52 kWh exported at 0.08 per kWh = 0.92" in fed_in.formula
    assert it.amount == Decimal("0.34")


def test_a_new_tariff_counts_from_its_own_moment() -> None:
    change = BEGINS + timedelta(hours=30)
    dearer = schedule_of(flat(Decimal("0.10")))
    it = compose(
        facts(
            meter(quarters(BEGINS, ENDS, 1_000)),
            contracts=(
                Contract("Old", BEGINS, change, schedule_of(flat(Decimal("0.08")))),
                Contract("New", change, ENDS, dearer),
            ),
        )
    )

    assert [line.tariff for line in it.lines] == ["Old", "New"]
    assert [int(line.energy_kwh) for line in it.lines] == [120, 72]
    assert [line.amount for line in it.lines] == [Decimal("9.60"), Decimal("7.20")]


def test_without_a_meter_nothing_is_said_of_feeding_in() -> None:
    it = compose(facts(solar(quarters(BEGINS, ENDS, 100))))

    assert not it.has_meter
    assert (it.exported_wh, it.self_used_wh, it.lines) == (None, None, ())
    assert it.produced_wh == 19_200


def test_a_silence_is_marked_and_what_its_counter_tells_is_counted() -> None:
    silent_from, silent_to = BEGINS + timedelta(hours=20), BEGINS + timedelta(hours=28)
    energy = [
        *quarters(BEGINS, silent_from, 100),
        Energy(silent_from.astimezone(UTC), silent_to.astimezone(UTC), 3_200.0, 0.0, 0.0),
        *quarters(silent_to, ENDS, 100),
    ]
    it = compose(facts(solar(energy)))

    (gap,) = it.gaps
    assert (gap.begins_at, gap.ends_at, gap.is_counted) == (silent_from, silent_to, True)
    assert it.is_complete
    assert [day.produced_wh for day in it.days] == [pytest.approx(9_600), pytest.approx(9_600)]
    assert [day.missing_s for day in it.days] == [4 * 3600, 4 * 3600]


def test_what_nobody_knows_is_a_gap_and_not_a_zero() -> None:
    middle = BEGINS + timedelta(hours=24)
    it = compose(facts(solar(quarters(middle, ENDS, 100))))

    (gap,) = it.gaps
    assert (gap.begins_at, gap.ends_at, gap.is_counted) == (BEGINS, middle, False)
    assert it.days[0].produced_wh is None
    assert not it.is_complete


def test_before_a_device_was_there_nothing_is_missing() -> None:
    since = BEGINS + timedelta(hours=24)
    late = Source("Roof", Kind.PHOTOVOLTAIC, since, quarters(since, ENDS, 100))

    assert compose(facts(late)).gaps == ()


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2026, 3, 29, tzinfo=ZONE), 23), (datetime(2026, 10, 25, tzinfo=ZONE), 25)],
)
def test_the_days_on_which_the_clocks_change_have_their_own_length(
    day: datetime, hours: int
) -> None:
    ends = datetime(day.year, day.month, day.day + 1, tzinfo=ZONE)
    it = compose(facts(meter(quarters(day, ends, 1_000)), begins=day, ends=ends))

    assert len(it.days) == 1
    assert it.days[0].exported_wh == hours * 4_000
    assert it.lines[0].energy_kwh == hours * 4
    assert it.gaps == ()


def test_a_dispatch_is_paid_as_it_was_settled_and_one_not_joined_says_why() -> None:
    at = BEGINS + timedelta(hours=12)
    joined = Participation(
        7, "Roof", "Limit to 2 kW", at, at + timedelta(minutes=45), took_part=True,
        delivered_wh=1_500, curtailed_wh=2_250.4, uncertainty_wh=90,
        price_per_kwh=Decimal("0.12"), payment=Decimal("0.27"),
    )  # fmt: skip
    missed = Participation(
        8, "Roof", "Limit to 2 kW", at, at + timedelta(minutes=5), took_part=False,
        reason="The request did not reach your equipment.",
    )  # fmt: skip
    it = compose(facts(participations=(joined, missed)))

    assert it.amount == Decimal("0.27")
    assert it.parts[0].formula == "2.25 kWh held back at 0.12 per kWh = 0.27"
    assert (it.parts[0].minutes, it.curtailed_minutes) == (45, 45)
    assert [part.took_part for part in it.parts] == [True, False]
    assert it.is_complete


@given(
    st.lists(st.floats(0, 20_000, allow_nan=False), min_size=96, max_size=96),
    st.randoms(use_true_random=False),
)
def test_energy_is_neither_lost_nor_doubled_wherever_a_contract_changes(
    amounts: list[float], chance: "object"
) -> None:
    ends = BEGINS + timedelta(days=1)
    energy = [
        one._replace(injected_wh=amount)
        for one, amount in zip(quarters(BEGINS, ends, 0), amounts, strict=True)
    ]
    change = BEGINS + timedelta(seconds=chance.randrange(1, 86_399))  # type: ignore[attr-defined]
    contracts = (Contract("A", BEGINS, change, PRICE), Contract("B", change, ends, PRICE))
    it = compose(facts(meter(energy), ends=ends, contracts=contracts))

    counted = sum(float(line.energy_kwh) for line in it.lines if line.what == "Fed in")
    assert counted == pytest.approx(sum(amounts) / 1000, abs=1e-3)
    assert it.exported_wh == pytest.approx(sum(amounts))


def test_a_statement_is_kept_as_json_and_comes_back_the_same() -> None:
    it = compose(facts(solar(quarters(BEGINS, ENDS, 100)), meter(quarters(BEGINS, ENDS, 60, 10))))

    assert from_data(Content, to_data(it)) == it
