"""Alarm bits by SunSpec's names, from the model in the device's chain, each with what it means."""

import json
from importlib import resources
from typing import Any

import pytest

from devices.sunspec import alarm_bits
from devices.sunspec.alarm_bits import Meaning, battery_bits, named_bits, port_bits


def symbols(model: int, point: str) -> dict[int, str]:
    """SunSpec's own names of the bits, without those that are reserved or a maker's."""
    text = resources.files("sunspec2").joinpath(f"models/json/model_{model}.json").read_text()
    group: Any = json.loads(text)["group"]
    found = next(one for one in group["points"] if one["name"] == point)
    names = {one["value"]: one["name"].removeprefix("M_EVENT_") for one in found["symbols"]}
    return {
        bit: name for bit, name in names.items() if not name.upper().startswith(("RESERVED", "OEM"))
    }


@pytest.mark.parametrize(
    ("model", "point", "table"),
    [
        *((model, "Evt1", alarm_bits.INVERTER) for model in alarm_bits.LEGACY_MODELS),
        (701, "Alrm", alarm_bits.INVERTER),
        *((model, "Evt", alarm_bits.METER) for model in alarm_bits.METER_MODELS),
        (802, "Evt1", alarm_bits.BATTERY),
    ],
)
def test_every_name_is_sunspecs_own(model: int, point: str, table: Any) -> None:
    ours = {bit: row[0] for bit, row in table.items()}
    theirs = symbols(model, point)
    if point == "Evt1" and model != 802:
        ours.pop(16)  # only 701 has a bit for its maker's own

    assert ours == theirs


def test_the_model_is_the_one_the_driver_reads() -> None:
    bit = 1 << 7

    assert named_bits([1, 103, 701], bit, is_meter=False)[0].model == 701
    assert named_bits([1, 101, 103], bit, is_meter=False)[0].model == 103
    assert named_bits([1, 203], bit, is_meter=True)[0].words == "A sensor is missing"
    assert named_bits([1, 203], bit, is_meter=False)[0].model == 203, "a meter by its chain"
    assert named_bits([1, 103, 203], bit, is_meter=True)[0].model == 203


def test_several_bits_are_several_causes_and_none_is_none() -> None:
    found = named_bits([701], 0b1 | 1 << 9, is_meter=False)

    assert [(one.cause, one.meaning, one.priority) for one in found] == [
        ("701.GROUND_FAULT", Meaning.DANGER, 1),
        ("701.UNDER_FREQUENCY", Meaning.TRIP, 2),
    ]
    assert found[1].message == "Frequency below its trip limit (model 701 Alrm, bit 9)"
    assert named_bits([701], 0, is_meter=False) == ()


def test_a_bit_without_a_name_is_told_by_its_number_as_a_warning() -> None:
    (found,) = named_bits([103], 1 << 30, is_meter=False)

    assert (found.cause, found.priority) == ("103.BIT_30", 4)
    (unknown,) = named_bits([], 1 << 2, is_meter=False)
    assert unknown.cause == "0.BIT_2"


def test_batteries_and_dc_ports_have_words_of_their_own() -> None:
    assert [one.cause for one in battery_bits(1 << 22 | 1 << 2)] == [
        "802.OVER_TEMP_WARNING",
        "802.GROUND_FAULT",
    ]
    assert [one.words for one in port_bits(0b101)] == [
        "DC port 1 has an alarm",
        "DC port 3 has an alarm",
    ]
