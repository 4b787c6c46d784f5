"""Our decoder and pysunspec2 read the same values from the same registers, for every model.

Different on purpose: a value whose scale factor is not implemented or outside -10..10 is None
here and unscaled or scaled there; a mandatory accumulator at 0 is 0 here and None there; an IP
address is written with dots here.
"""

from __future__ import annotations

import struct
from importlib import resources

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sunspec2 import device as peer

from devices.sunspec.codec import decode_model
from devices.sunspec.definitions import Group, definition

MODELS = sorted(
    int(file.name.removeprefix("model_").removesuffix(".json"))
    for file in resources.files("sunspec2.models").joinpath("json").iterdir()
    if file.name.startswith("model_") and file.name[6].isdigit()
)
REGISTERS = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40)


@pytest.mark.parametrize("model_id", MODELS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=REGISTERS, exponent=st.integers(-10, 10))
def test_every_point_of_the_fixed_part_is_equal(
    model_id: int, drawn: list[int], exponent: int
) -> None:
    known = definition(model_id)
    assert known is not None
    size = sum(point.size for point in known.top.points)
    registers = [drawn[i % len(drawn)] for i in range(size)]
    registers[:2] = [model_id, size - 2]
    for point in known.top.points:
        if point.type == "sunssf":
            registers[point.offset] = exponent & 0xFFFF
        if point.type in {
            "string",
            "count",
            "ipaddr",
            "ipv6addr",
            "eui48",
        } or point.name.startswith("N"):
            registers[point.offset : point.offset + point.size] = [0] * point.size
    data = struct.pack(f">{size}H", *registers)

    ours, _ = decode_model(model_id, data)
    theirs = peer.Model(model_id, data=data).points

    for name, point in theirs.items():
        if name == "L":
            continue
        expected = point.cvalue
        if isinstance(expected, float) and expected * 0.0 != 0.0:
            expected = None
        if expected is None and known.point(name).mandatory and known.point(name).type[:3] == "acc":
            expected = 0
        if isinstance(expected, float):
            assert ours[name] == pytest.approx(expected, rel=1e-12), name
        else:
            assert ours[name] == expected, name


@pytest.mark.parametrize("model_id", [705, 706, 707, 711, 712, 714, 160, 126, 129, 803])
def test_groups_are_cut_where_pysunspec2_cuts_them(model_id: int) -> None:
    known = definition(model_id)
    assert known is not None
    fixed = sum(point.size for point in known.top.points)
    registers = [(7 * i) % 251 for i in range(fixed + 300)]
    for point in known.top.points:
        if point.name.startswith("N"):
            registers[point.offset] = 2
        if point.type == "sunssf":
            registers[point.offset] = 0
    registers[:2] = [model_id, fixed - 2 + group_registers(known.top)]
    data = struct.pack(f">{registers[1] + 2}H", *registers[: registers[1] + 2])

    ours, flags = decode_model(model_id, data)
    theirs = flat(peer.Model(model_id, 0, registers[1], data=data).get_dict(computed=True))

    assert flags == ()
    assert ours == {name: value for name, value in theirs.items() if name in ours}
    assert len(ours) > len(known.top.points)


def group_registers(group: Group) -> int:
    """Registers of the groups inside, every count being two."""
    total = 0
    for inner in group.groups:
        times = 1 if inner.count == 1 else 2
        total += times * (sum(point.size for point in inner.points) + group_registers(inner))
    return total


def flat(values: dict[str, object], prefix: str = "") -> dict[str, object]:
    named: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, list):
            for index, member in enumerate(value, 1):
                named |= flat(member, f"{prefix}{name}_{index}.")
        elif isinstance(value, dict):
            named |= flat(value, f"{prefix}{name}.")
        else:
            named[prefix + name] = value
    return named
