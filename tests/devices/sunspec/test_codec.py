"""Register bytes become values or None, never something in between (DV-2)."""

from __future__ import annotations

import struct

import pytest

from devices.capabilities import PointValue
from devices.sunspec.codec import decode_model, decoder, encode, normalise_power_factor, text
from devices.sunspec.definitions import definition
from tests.devices.sunspec import maps


def packed(registers: list[int]) -> bytes:
    return struct.pack(f">{len(registers)}H", *registers)


def decoded(registers: list[int], *wanted: str) -> tuple[tuple[object, ...], list[str]]:
    compiled = decoder(registers[0], wanted, len(registers) - 2)
    values, faults = compiled.decode(packed(registers), 2 * compiled.first)
    return values, [fault.words() for fault in faults]


def test_values_are_scaled_without_losing_digits() -> None:
    values, faults = decoded(maps.producing(), "W", "Hz", "A", "PF", "St")

    assert values == (4200.0, 49.98, 6.1, -0.997, 4)
    assert faults == []


def test_values_that_are_not_implemented_are_none() -> None:
    values, faults = decoded(maps.model(103, W_SF=0, VA_SF=0, St=2), "W", "VA", "WH", "Evt1", "St")

    assert values == (None, None, None, None, 2)
    assert faults == []


def test_an_unimplemented_scale_factor_leaves_no_value_and_is_named() -> None:
    values, faults = decoded(maps.producing(W_SF=-32768), "W", "Hz")

    assert values == (None, 49.98)
    assert faults == ["W_SF is not implemented, so W cannot be told"]


def test_an_unimplemented_scale_factor_of_an_absent_value_is_nobodys_business() -> None:
    values, faults = decoded(maps.producing(VAr=-32768, VAr_SF=-32768), "W", "VAr")

    assert values == (4200.0, None)
    assert faults == []


@pytest.mark.parametrize("exponent", [-11, 11, 300, 32767])
def test_a_scale_factor_out_of_range_is_a_fault(exponent: int) -> None:
    values, faults = decoded(maps.producing(Hz_SF=exponent), "W", "Hz")

    assert values == (4200.0, None)
    assert faults == [f"Hz_SF is {exponent}, outside -10..10, so Hz cannot be told"]


@pytest.mark.parametrize("exponent", [-10, 10])
def test_the_largest_scale_factors_are_used(exponent: int) -> None:
    values, _ = decoded(maps.producing(W=3, W_SF=exponent), "W")

    assert values == (pytest.approx(3.0 * 10.0**exponent),)


@pytest.mark.parametrize("pattern", [0x7FC00000, 0x7F800000, 0xFF800000, 0xFFC00000])
def test_neither_nan_nor_infinity_leaves_the_codec(pattern: int) -> None:
    registers = maps.model(113, W=1500.0, Hz=50.0)
    registers[22:24] = [pattern >> 16, pattern & 0xFFFF]

    values, _ = decoded(registers, "W", "Hz")
    everything, _ = decode_model(113, packed(registers))

    assert values == (None, 50.0)
    assert everything["W"] is None


def test_points_behind_the_end_of_a_short_model_are_none() -> None:
    values, faults = decoded(maps.cut(maps.producing(), 20), "W", "WH", "St")
    everything, flags = decode_model(103, packed(maps.cut(maps.producing(), 20)))

    assert values == (4200.0, None, None)
    assert faults == []
    assert everything["VAr"] == -200
    assert "WH" not in everything
    assert flags == ("model 103 ends before PF",)


def test_a_scale_factor_behind_the_end_of_a_short_model_leaves_no_value() -> None:
    values, _ = decoded(maps.cut(maps.producing(), 13), "W", "A")

    assert values == (None, 6.1)


def test_groups_are_named_by_their_place() -> None:
    curve = [0, 1, *(100, 5) * 20, *[0] * 12]
    registers = maps.cut([*maps.model(126, ActCrv=1, V_SF=0, DeptRef_SF=0)[:12], *curve], 64)

    values, _ = decode_model(126, packed(registers))

    assert values["ActCrv"] == 1
    assert values["curve_1.V1"] == 100
    assert values["curve_1.VAr1"] is None or values["curve_1.VAr1"] == 5


def test_single_groups_keep_their_name() -> None:
    values, _ = decode_model(704, packed(maps.ac_controls()))

    assert "PFWInj.PF" in values
    assert values["WMaxLimPct"] == 100.0


def test_a_count_that_promises_more_than_there_is_ends_with_the_model() -> None:
    registers = maps.cut([714, 0, 0, 0, 200, *[0] * 15], 18 + 25)

    values, flags = decode_model(714, packed(registers))

    assert values["NPrt"] == 200
    assert "Prt_1.DCA" in values
    assert "Prt_2.DCA" not in values
    assert flags == ("model 714 ends before Prt_2",)


def test_registers_the_device_refused_have_no_value() -> None:
    values, flags = decode_model(103, packed(maps.producing()), frozenset({14}))

    assert values["W"] is None
    assert values["Hz"] == 49.98
    assert flags == ("model 103: the device refuses 1 of its registers",)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None), (0.0, 0.0), (-0.996, -0.996), (1.0, 1.0), (1.001, 1.0), (64.2, 0.642),
        (-99.87, -0.9987), (100.0, 1.0), (-100.0, -1.0), (655.35, None),
    ],
)  # fmt: skip
def test_a_power_factor_is_a_ratio_whichever_way_the_maker_writes_it(
    given: float | None, expected: float | None
) -> None:
    assert normalise_power_factor(given) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        (b"SMA\0\0\0", "SMA"), (b"\0\0\0\0", None), (b"\xff\xff", None), (b"\x80\0", None),
        (b"", None), (b"M\xc3\xbcller\0", "Müller"), (b"A\xff\xfe\0", "A\ufffd\ufffd"),
    ],
)  # fmt: skip
def test_texts_end_at_their_padding_and_never_break(piece: bytes, expected: str | None) -> None:
    assert text(piece) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [(-1, "int16", (0xFFFF,)), (70000, "uint32", (1, 4464)), (-5, "int32", (0xFFFF, 0xFFFB))],
)
def test_integers_are_encoded_big_endian(value: int, kind: str, expected: tuple[int, ...]) -> None:
    assert encode(value, kind) == expected


def test_an_integer_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="70000 does not fit into uint16"):
        encode(70000, "uint16")


def test_an_unknown_model_has_no_points() -> None:
    values: dict[str, PointValue]
    values, flags = decode_model(64999, b"\0" * 20)

    assert values == {}
    assert flags == ("SunSpec defines no model 64999",)


@pytest.mark.parametrize(
    "model_id",
    [1, 101, 102, 103, 111, 112, 113, *range(120, 125), 126, 127, 129, 130, 132, 134, 135, 136, 160,
     *range(201, 205), *range(211, 215), *range(701, 716), 802],
)  # fmt: skip
def test_every_model_of_the_installed_base_is_known(model_id: int) -> None:
    known = definition(model_id)
    assert known is not None
    size = sum(point.size for point in known.top.points)

    values, _ = decode_model(model_id, struct.pack(">HH", model_id, size - 2) + bytes(2 * size - 4))

    assert values["ID"] == model_id
    assert {point.name for point in known.top.points} <= values.keys()
