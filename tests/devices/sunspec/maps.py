"""Synthetic register maps, encoded by pysunspec2 and not by the driver under test."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

from sunspec2 import device as peer

Registers = dict[int, int]
SUNS = (0x5375, 0x6E53)
END = (0xFFFF, 0)


def model(model_id: int, **raw: int | float | str) -> list[int]:
    """A whole model, header included; points not named are "not implemented"."""
    encoder = peer.Model(model_id)
    for name, value in raw.items():
        encoder.points[name].value = value
    data: bytes = encoder.get_mb()
    return list(struct.unpack(f">{len(data) // 2}H", data))


def grouped(model_id: int, counts: dict[str, int], raw: dict[str, int]) -> list[int]:
    """A whole model whose groups stand there as often as `counts` says.

    Points of groups are named as in `Crv_2.Pt_1.V`; those not named are "not implemented".
    """
    known = peer.get_model_def(model_id)["group"]
    size = _registers(known, counts)
    words = [0] * size
    words[:2] = [model_id, size - 2]
    at = 0
    for point in known["points"]:
        if point["name"] in counts:
            words[at] = counts[point["name"]]
        at += point["size"]
    encoder = peer.Model(model_id, data=struct.pack(f">{size}H", *words), model_len=size - 2)
    points = dict(_points(encoder, ""))
    for name, point in points.items():
        if name not in {"ID", "L", *counts}:
            point.value = raw.get(name)
    assert raw.keys() <= points.keys(), raw.keys() - points.keys()
    data: bytes = encoder.get_mb()
    return list(struct.unpack(f">{len(data) // 2}H", data))


def _registers(group: dict[str, Any], counts: dict[str, int]) -> int:
    size = sum(int(point["size"]) for point in group["points"])
    for inner in group.get("groups", []):
        count = inner.get("count", 1)
        times = 1 if count == 1 else counts[inner["name"] if count == 0 else count]
        size += times * _registers(inner, counts)
    return size


def _points(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    yield from ((prefix + name, point) for name, point in group.points.items())
    for name, inner in group.groups.items():
        if not isinstance(inner, list):
            yield from _points(inner, f"{prefix}{name}.")
            continue
        for index, member in enumerate(inner, 1):
            yield from _points(member, f"{prefix}{name}_{index}.")


def cut(registers: list[int], length: int) -> list[int]:
    """The same model with another length L, padded or shortened."""
    resized = (registers + [0xFFFF] * length)[: length + 2]
    resized[1] = length
    return resized


def vendor(model_id: int, length: int) -> list[int]:
    return [model_id, length, *range(length)]


def common(**texts: str) -> list[int]:
    named = {"Mn": "Maker", "Md": "Type 1", "Vr": "1.2", "SN": "SN-1"} | texts
    return model(1, DA=1, **named)


def chain(*models: Iterable[int], base: int = 40000, end: tuple[int, ...] = END) -> Registers:
    words = [*SUNS, *(word for one in models for word in one), *end]
    return {base + i: word for i, word in enumerate(words)}


def address_of(registers: Registers, model_id: int, base: int = 40000) -> int:
    addr = base + 2
    while registers[addr] != model_id:
        addr += 2 + registers[addr + 1]
    return addr


def producing(model_id: int = 103, **raw: int) -> list[int]:
    """A three-phase inverter at 4.2 kW."""
    points = {
        "A": 61, "A_SF": -1, "AphA": 20, "PhVphA": 2310, "PhVphB": 2300, "PhVphC": 2290, "V_SF": -1,
        "W": 420, "W_SF": 1, "Hz": 4998, "Hz_SF": -2, "VA": 421, "VA_SF": 1, "VAr": -20,
        "VAr_SF": 1, "PF": -997, "PF_SF": -3, "WH": 123456, "WH_SF": 0, "St": 4, "Evt1": 0,
        "Evt2": 0, "TmpCab": 400, "Tmp_SF": -1,
    }  # fmt: skip
    return model(model_id, **(points | raw))


def ac_measurement(**raw: int) -> list[int]:
    """Model 701 at 5 kW, three-phase."""
    points = {
        "ACType": 2, "St": 1, "InvSt": 3, "ConnSt": 1, "Alrm": 0, "DERMode": 1, "W": 5000,
        "VA": 5010, "Var": 300, "PF": 998, "A": 209, "LLV": 4157, "LNV": 2400, "Hz": 60010,
        "TotWhInj": 7_000_000_000, "TotWhAbs": 1000, "ThrotPct": 0, "ThrotSrc": 0, "A_SF": -1,
        "V_SF": -1, "Hz_SF": -3, "W_SF": 0, "PF_SF": -3, "VA_SF": 0, "Var_SF": 0, "TotWh_SF": 0,
    }  # fmt: skip
    return model(701, **(points | raw))


def capacity(**raw: int) -> list[int]:
    points = {
        "WMaxRtg": 1000, "VAMaxRtg": 1100, "VarMaxInjRtg": 440, "VarMaxAbsRtg": 430,
        "VNomRtg": 2400, "CtrlModes": 0b11, "WMax": 1000, "VAMax": 1100, "W_SF": 1, "VA_SF": 1,
        "Var_SF": 1, "V_SF": -1,
    }  # fmt: skip
    return model(702, **(points | raw))


def ac_controls(**raw: int) -> list[int]:
    """Model 704; points of groups are given with an underscore, as in `PFWInj_PF`."""
    points = {
        "WMaxLimPctEna": 0, "WMaxLimPct": 1000, "WMaxLimPctRvrt": 1000, "WMaxLimPctEnaRvrt": 0,
        "WMaxLimPctRvrtTms": 0, "WMaxLimPctRvrtRem": 0, "WSetEna": 0, "WSetMod": 1, "WSet": 0,
        "WSetRvrt": 0, "WSetPct": 0, "WSetPctRvrt": 0, "WSetEnaRvrt": 0, "WSetRvrtTms": 0,
        "WSetRvrtRem": 0, "WMaxLimPct_SF": -1, "WSet_SF": 0, "WSetPct_SF": -1,
    }  # fmt: skip
    points |= {name.replace("_", ".") if "_SF" not in name else name: v for name, v in raw.items()}
    return grouped(704, {}, points)


def ratings(**raw: int) -> list[int]:
    points = {"DERTyp": 4, "WRtg": 1000, "WRtg_SF": 1, "VARtg": 1100, "VARtg_SF": 1}
    return model(120, **(points | raw))


def basic_settings(**raw: int) -> list[int]:
    return model(121, **({"WMax": 1000, "WMax_SF": 1, "VRef": 4000, "VRef_SF": -1} | raw))


def immediate_controls(**raw: int) -> list[int]:
    points = {
        "Conn_WinTms": 0, "Conn_RvrtTms": 0, "Conn": 1, "WMaxLimPct": 100, "WMaxLimPct_WinTms": 0,
        "WMaxLimPct_RvrtTms": 0, "WMaxLimPct_RmpTms": 0, "WMaxLim_Ena": 0, "WMaxLimPct_SF": 0,
    }  # fmt: skip
    return model(123, **(points | raw))


def storage_controls(**raw: int) -> list[int]:
    points = {
        "WChaMax": 500, "WChaMax_SF": 1, "StorCtl_Mod": 0, "ChaState": 7550, "ChaState_SF": -2,
        "ChaSt": 6, "OutWRte": 1000, "InWRte": 1000, "InOutWRte_WinTms": 0,
        "InOutWRte_RvrtTms": 0, "InOutWRte_RmpTms": 0, "InOutWRte_SF": -1,
    }  # fmt: skip
    return model(124, **(points | raw))


def meter(model_id: int = 203, **raw: int) -> list[int]:
    """A meter that takes 1,500 W and 200 var from the grid."""
    points = {
        "A": 65, "A_SF": -1, "PhV": 2300, "V_SF": -1, "Hz": 500, "Hz_SF": -1, "W": 1500, "W_SF": 0,
        "VA": 1513, "VA_SF": 0, "VAR": 200, "VAR_SF": 0, "PF": 99, "PF_SF": 0, "TotWhExp": 5000,
        "TotWhImp": 9000, "TotWh_SF": 0, "Evt": 0,
    }  # fmt: skip
    return model(model_id, **(points | raw))
