"""What a statement keeps in English is said in the reader's language, old rows too (CS-10)."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from dispatch.statements.bonuses import bonuses
from dispatch.statements.facts import PaidFor, Participation, Reward
from dispatch.statements.saying import correction_said, formula_said, reason_said

ZONE = ZoneInfo("Europe/Berlin")
BEGINS, ENDS = datetime(2026, 6, 1, tzinfo=ZONE), datetime(2026, 7, 1, tzinfo=ZONE)
JOINED = datetime(2026, 6, 11, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("kept", "english", "spanish"),
    [
        (
            "Readings came late. Fed in was 1,204.500 kWh, is 1,205.100 kWh; "
            "amount was 96.36 EUR, is 96.41 EUR.",
            "Readings came late. Fed in was 1,204.500 kWh, is 1,205.100 kWh; "
            "The amount was 96.36 EUR, is 96.41 EUR.",
            "Llegaron lecturas con retraso. Vertido era 1.204,500 kWh, es 1.205,100 kWh; "
            "El importe era 96,36 EUR, es 96,41 EUR.",
        ),
        (
            "Production was unknown, is 3.000 kWh.",
            "Production was unknown, is 3.000 kWh.",
            "Producción era desconocida, es 3,000 kWh.",
        ),
        (
            "A dispatch was settled anew. Gaps or wording changed, no figure did.",
            "A dispatch was settled anew. Gaps or wording changed, no figure did.",
            "Una petición se liquidó de nuevo. Cambiaron huecos o textos, ninguna cifra.",
        ),
        ("Typed by hand, 3 kWh.", "Typed by hand, 3 kWh.", "Typed by hand, 3 kWh."),
    ],
)
def test_a_correction_is_said_in_the_readers_language(
    kept: str, english: str, spanish: str
) -> None:
    assert correction_said(kept) == english
    with translation.override("es"):
        assert correction_said(kept) == spanish


def formula(paid_for: PaidFor, parts: int = 0) -> str:
    """As the engine writes it."""
    reward = Reward("Peak saver", paid_for, Decimal("12.50"), JOINED, None, 8_000)
    joined = [
        Participation(number, "Roof", "Limit to 3 kW", JOINED, ENDS, took_part=True)
        for number in range(parts)
    ]
    (bonus,) = bonuses([reward], joined, BEGINS, ENDS, ZONE)
    return bonus.formula


def test_every_formula_of_a_bonus_has_its_words() -> None:
    written = [
        formula(PaidFor.ONCE), formula(PaidFor.PER_KW), formula(PaidFor.MONTHLY),
        formula(PaidFor.PER_EVENT, 3),
    ]  # fmt: skip

    with translation.override("es"):
        said = [formula_said(one) for one in written]

    assert said == [
        "una vez, alta el 11 de junio = 12,50",
        "8 kW a 12,50, alta el 11 de junio = 100,00",
        "junio: 20 de 30 días de 12,50 = 8,33",
        "3 eventos a 12,50 = 37,50",
    ]
    assert [formula_said(one) for one in written] == written


def test_leaving_out_is_said_with_its_time() -> None:
    with translation.override("es"):
        assert reason_said("You left it out at 18:05.") == "Usted lo dejó a las 18:05."
