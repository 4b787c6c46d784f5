"""A device is found wherever its base lies, and its chain walked in few reads (DV-1)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devices.capabilities import (
    Discovery,
    ExceptionReply,
    Identity,
    ModelAt,
    NotSunSpec,
    Timeout,
)
from devices.sunspec import DEFAULT_BASES, Connection, discover
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import Registers, chain, common, cut, model, producing, vendor
from tests.devices.sunspec.peers import (
    Peer,
    count_of,
    exception_reply,
    misbehaving,
    read_reply,
    serving,
)
from tests.devices.sunspec.test_quirks import answer_from


def discovered(
    registers: Registers, bases: tuple[int, ...] = DEFAULT_BASES, **limits: Any
) -> tuple[Discovery, Peer]:
    async def scene(port: int) -> Discovery:
        connection = Connection("127.0.0.1", port)
        await connection.connect()
        try:
            return await discover(connection, 1, bases=bases)
        finally:
            connection.close()

    with serving(registers, **limits) as peer:
        return asyncio.run(scene(peer.port)), peer


def twenty_models() -> list[list[int]]:
    plain = (103, 120, 121, 122, 123, 124, 701, 702, 703, 704)
    curves = {705: 47, 706: 41, 707: 63, 708: 63, 709: 79, 710: 79, 711: 20, 712: 32}
    sized = [vendor(model_id, length) for model_id, length in curves.items()]
    return [common(), *(model(model_id) for model_id in plain), *sized, model(713)]


@pytest.mark.parametrize("base", [40000, 0, 50000, 4096, 1000])
def test_the_base_is_found(base: int) -> None:
    found, _ = discovered(chain(common(), producing(), base=base))

    assert found.base == base
    assert found.models == (ModelAt(1, base + 2, 66), ModelAt(103, base + 70, 50))
    assert found.flags == ()


def test_a_configured_base_is_tried() -> None:
    found, _ = discovered(chain(common(), base=30000), bases=(30000, *DEFAULT_BASES))

    assert found.base == 30000


def test_the_device_says_who_it_is() -> None:
    found, _ = discovered(chain(common(Mn="ACME ", Md="X-1", Opt="o", Vr="2.0", SN="77")))

    assert found.identity == Identity("ACME", "X-1", "o", "2.0", "77")


def test_a_common_model_without_its_pad_shifts_nothing() -> None:
    found, _ = discovered(chain(cut(common(), 65), producing()))

    assert found.models == (ModelAt(1, 40002, 65), ModelAt(103, 40069, 50))
    assert found.flags == ()


def test_twenty_models_take_at_most_ten_requests() -> None:
    found, peer = discovered(chain(*twenty_models()))

    assert len(found.models) == 20
    assert len(peer.reads) <= 10
    assert found.longest_read == 125


def test_vendor_models_are_stepped_over() -> None:
    found, _ = discovered(chain(common(), vendor(64122, 400), vendor(65230, 1), producing()))

    assert [(m.id, m.length) for m in found.models] == [
        (1, 66),
        (64122, 400),
        (65230, 1),
        (103, 50),
    ]


def test_a_length_that_is_not_the_defined_one_is_flagged_and_costs_nothing_else() -> None:
    found, _ = discovered(chain(common(), cut(maps.meter(), 107), producing()))

    assert [m.id for m in found.models] == [1, 203, 103]
    assert found.flags == ("model 203 at 40070: length 107 is not the defined one",)


def test_a_repeating_model_that_holds_no_whole_number_of_groups_is_flagged() -> None:
    found, _ = discovered(chain(common(), cut(model(160), 8 + 2 * 20), cut(model(160), 8 + 25)))

    assert found.flags == ("model 160 at 40120: length 33 is not the defined one",)


def test_registers_that_may_not_be_read_do_not_hide_the_models_behind_them() -> None:
    registers = chain(common(), producing(), maps.ratings(), maps.basic_settings())
    inside_103 = frozenset(range(40075, 40080))

    found, _ = discovered(registers, refused=inside_103)

    assert [m.id for m in found.models] == [1, 103, 120, 121]


def test_a_device_that_answers_only_short_reads_is_walked_and_remembered() -> None:
    found, _ = discovered(chain(*twenty_models()), longest=40)

    assert len(found.models) == 20
    assert 15 <= found.longest_read <= 40


def test_a_chain_without_an_end_mark_keeps_its_models() -> None:
    found, _ = discovered(chain(common(), producing(), end=()))

    assert [m.id for m in found.models] == [1, 103]
    assert found.flags == ("the chain breaks off at 40122: no further model and no end mark",)


def test_a_chain_of_zeros_ends() -> None:
    found, _ = discovered(chain(common(), end=(0,) * 300))

    assert found.flags == ("the chain breaks off at 40070: no model has id 0",)


def test_a_length_beyond_the_address_space_ends_the_walk() -> None:
    found, _ = discovered(chain(common(), end=(103, 60000, *[0] * 50)))

    assert [m.id for m in found.models] == [1]
    assert len(found.flags) == 1


def test_a_device_without_a_common_model_is_said_to_have_none() -> None:
    found, _ = discovered(chain(producing()))

    assert found.identity.serial_number == ""
    assert "common model" in found.flags[0]


def test_a_device_that_speaks_modbus_but_not_sunspec_is_refused_in_words() -> None:
    with pytest.raises(NotSunSpec, match="holds no SunSpec marker at 40000, 0, 50000"):
        discovered(dict.fromkeys(range(200), 17))


def test_a_unit_that_never_answers_is_asked_about() -> None:
    async def only_unit_one(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request[6] == 1:
            writer.write(read_reply(request, [0] * count_of(request)))

    async def scene() -> None:
        async with misbehaving(only_unit_one) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=0.2)
            await connection.connect()
            await discover(connection, 3)

    with pytest.raises(Timeout, match=r"unit 3 did not answer within 0.2 s: is the unit id right"):
        asyncio.run(scene())


@pytest.mark.parametrize(("busy_times", "is_found"), [(2, True), (9, False)])
def test_a_device_that_is_busy_for_a_moment_is_waited_for(busy_times: int, is_found: bool) -> None:
    left = [busy_times]

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        if left[0]:
            left[0] -= 1
            writer.write(exception_reply(request, 6))
        else:
            answer_from(chain(common(), producing()), request, writer)

    async def scene() -> Discovery:
        async with misbehaving(serve) as rogue:
            connection = Connection("127.0.0.1", rogue.port)
            await connection.connect()
            try:
                return await discover(connection, 1)
            finally:
                connection.close()

    if is_found:
        assert [m.id for m in asyncio.run(scene()).models] == [1, 103]
    else:
        with pytest.raises(ExceptionReply, match="busy"):
            asyncio.run(scene())
