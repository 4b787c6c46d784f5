"""The register map that every device of the bench serves: a battery of the newer kind."""

import struct
from typing import Any

from sunspec2 import device as sunspec

BASE = 40_000
UNIT = 1
MANUFACTURER, MODEL = "Bench", "B-1547"
RATED_W, CAPACITY_WH = 5_000, 10_000

_VALUES: dict[int, dict[str, Any]] = {
    701: {
        "A_SF": -1, "V_SF": -1, "Hz_SF": -3, "W_SF": 0, "PF_SF": -3, "VA_SF": 0, "Var_SF": 0,
        "TotWh_SF": 0, "TotVarh_SF": 0, "Tmp_SF": -1,
        "ACType": 1, "St": 1, "InvSt": 3, "ConnSt": 1, "Alrm": 0, "DERMode": 1,
        "W": 1_234, "VA": 1_240, "Var": 120, "PF": 995, "A": 52, "LLV": 2_401, "LNV": 1_200,
        "Hz": 60_012, "TotWhInj": 1_234_567, "TotWhAbs": 7_654, "TotVarhInj": 1, "TotVarhAbs": 1,
        "WL1": 617, "VAL1": 620, "VarL1": 60, "PFL1": 995, "AL1": 52, "VL1": 1_200,
        "WL2": 617, "VAL2": 620, "VarL2": 60, "PFL2": 995, "AL2": 52, "VL2": 1_201,
        "ThrotPct": 100,
    },
    702: {
        "W_SF": 0, "PF_SF": -3, "VA_SF": 0, "Var_SF": 0, "V_SF": -1, "A_SF": -1,
        "WMaxRtg": RATED_W, "VAMaxRtg": RATED_W, "VarMaxInjRtg": 2_200, "VarMaxAbsRtg": 2_200,
        "WChaRteMaxRtg": RATED_W, "WDisChaRteMaxRtg": RATED_W, "VNomRtg": 2_400,
        "CtrlModes": 0xFFFF, "WMax": RATED_W, "VAMax": RATED_W, "VarMaxInj": 2_200,
        "VarMaxAbs": 2_200, "WChaRteMax": RATED_W, "WDisChaRteMax": RATED_W, "VNom": 2_400,
    },
    703: {"V_SF": -1, "Hz_SF": -2, "ES": 1, "ESVHi": 1_050, "ESVLo": 917, "ESHzHi": 6_010,
          "ESHzLo": 5_950, "ESDlyTms": 10, "ESRndTms": 0, "ESRmpTms": 10, "ESDlyRemTms": 0},
    704: {
        "PF_SF": -3, "WMaxLimPct_SF": -2, "WSet_SF": 0, "WSetPct_SF": -2, "VarSet_SF": 0,
        "VarSetPct_SF": -2, "PFWInjEna": 0, "PFWAbsEna": 0, "WMaxLimPctEna": 0,
        "WMaxLimPct": 10_000, "WMaxLimPctRvrt": 10_000, "WMaxLimPctEnaRvrt": 0,
        "WMaxLimPctRvrtTms": 0, "WMaxLimPctRvrtRem": 0, "WSetEna": 0, "WSetMod": 1, "WSet": 0,
        "WSetRvrt": 0, "WSetPct": 0, "WSetPctRvrt": 0, "WSetEnaRvrt": 0, "WSetRvrtTms": 0,
        "WSetRvrtRem": 0, "VarSetEna": 0, "VarSetMod": 1, "VarSetPri": 1, "VarSet": 0,
        "VarSetRvrt": 0, "VarSetPct": 0, "VarSetPctRvrt": 0, "VarSetEnaRvrt": 0,
        "VarSetRvrtTms": 0, "VarSetRvrtRem": 0, "WRmp": 100, "WRmpRef": 1, "VarRmp": 100,
    },
    713: {"WH_SF": 0, "Pct_SF": -2, "WHRtg": CAPACITY_WH, "WHAvail": 5_000, "SoC": 5_000,
          "SoH": 9_800, "Sta": 0},
    715: {"LocRemCtl": 0, "DERHb": 1, "ControllerHb": 0, "AlarmReset": 0, "OpCtl": 1},
}  # fmt: skip
# Models that repeat: length, then the registers (from the ID on) that say how often.
_REPEATING: dict[int, tuple[int, dict[int, int]]] = {
    705: (67, {4: 1, 5: 4, 6: 3}),
    706: (52, {4: 1, 5: 4, 6: 3}),
    711: (42, {4: 1, 5: 3}),
    712: (48, {4: 1, 5: 4, 6: 3}),
    714: (68, {4: 2}),
}
CHAIN = (1, 701, 702, 703, 704, 705, 706, 711, 712, 713, 714, 715)


def serial_of(index: int) -> str:
    return f"BENCH{index:06d}"


def image(index: int) -> tuple[bytes, dict[int, int]]:
    """The registers of one device from BASE on, and where in them each model begins."""
    words, starts = b"SunS", {}
    for model in CHAIN:
        starts[model] = len(words) // 2
        words += _identity(index) if model == 1 else _model(model)
    return words + b"\xff\xff\x00\x00", starts


def _identity(index: int) -> bytes:
    texts = [(MANUFACTURER, 32), (MODEL, 32), ("", 16), ("1.0", 16), (serial_of(index), 32)]
    body = b"".join(text.encode().ljust(size, b"\0") for text, size in texts)
    return struct.pack(">HH", 1, 66) + body + struct.pack(">HH", UNIT, 0x8000)


def _model(number: int) -> bytes:
    if number in _REPEATING:
        length, counts = _REPEATING[number]
        words = [number, length] + [0] * length
        for register, value in counts.items():
            words[register] = value
        return struct.pack(f">{len(words)}H", *words)
    model = sunspec.Model(number)
    for name, value in _VALUES[number].items():
        model.points[name].value = value
    encoded: bytes = model.get_mb()
    return encoded
