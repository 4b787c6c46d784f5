"""Register images with curves: 705, 706, 711, 712 and the older 126, 127, 132, 134."""

from __future__ import annotations

from devices.parameters import Curve, Droop
from tests.devices.sunspec.maps import grouped, model

# IEEE 1547-2018 category B defaults.
VOLT_VAR = Curve(((92.0, 44.0), (98.0, 0.0), (102.0, 0.0), (108.0, -44.0)), 5.0)
VOLT_WATT = Curve(((106.0, 100.0), (110.0, 0.0)), 10.0)
WATT_VAR = Curve(((20.0, 0.0), (50.0, 0.0), (100.0, -44.0)))
FREQUENCY_WATT = Curve(((60.2, 100.0), (61.5, 0.0)), 5.0)
DROOP = Droop(0.036, 0.036, 0.05, 0.05, 5.0)


def _head(curves: int, *, model_id: int) -> dict[str, int]:
    request = "Ctl" if model_id == 711 else "Crv"
    head = {"Ena": 0, f"Adpt{request}Req": 0, f"Adpt{request}Rslt": 1, "RvrtTms": 0, "RvrtRem": 0}
    group = "Ctl" if model_id == 711 else "Crv"
    flags = {f"{group}_{i}.ReadOnly": int(i == 1) for i in range(1, curves + 1)}
    return {**head, f"Rvrt{request}": curves, **flags}


def volt_var(*, curves: int = 3, points: int = 4, **raw: int) -> list[int]:
    values = _head(curves, model_id=705)
    values |= {"V_SF": -1, "DeptRef_SF": -1, "RspTms_SF": -1}
    for i in range(1, curves + 1):
        stem = f"Crv_{i}."
        values |= {
            f"{stem}ActPt": 4, f"{stem}DeptRef": 1, f"{stem}Pri": 1, f"{stem}VRef": 1000,
            f"{stem}VRefAuto": 1000, f"{stem}VRefAutoEna": 0, f"{stem}VRefAutoTms": 300,
            f"{stem}RspTms": 100,
        }  # fmt: skip
        for point, (v, var) in enumerate(((900, 300), (980, 0), (1020, 0), (1100, -300)), 1):
            values |= {f"{stem}Pt_{point}.V": v, f"{stem}Pt_{point}.Var": var}
    return grouped(705, {"NCrv": curves, "NPt": points}, values | _dotted(raw))


def volt_watt(*, curves: int = 2, points: int = 2, **raw: int) -> list[int]:
    values = _head(curves, model_id=706) | {"V_SF": -1, "DeptRef_SF": 0, "RspTms_SF": 0}
    for i in range(1, curves + 1):
        stem = f"Crv_{i}."
        values |= {f"{stem}ActPt": 2, f"{stem}DeptRef": 0, f"{stem}RspTms": 60}
        for point, (v, w) in enumerate(((1050, 100), (1100, 20)), 1):
            values |= {f"{stem}Pt_{point}.V": v, f"{stem}Pt_{point}.W": w}
    return grouped(706, {"NCrv": curves, "NPt": points}, values | _dotted(raw))


def watt_var(*, curves: int = 2, points: int = 6, **raw: int) -> list[int]:
    values = _head(curves, model_id=712) | {"W_SF": -1, "DeptRef_SF": -1}
    for i in range(1, curves + 1):
        stem = f"Crv_{i}."
        values |= {f"{stem}ActPt": 2, f"{stem}DeptRef": 1, f"{stem}Pri": 0}
        for point, (w, var) in enumerate(((0, 0), (1000, 0)), 1):
            values |= {f"{stem}Pt_{point}.W": w, f"{stem}Pt_{point}.Var": var}
    return grouped(712, {"NCrv": curves, "NPt": points}, values | _dotted(raw))


def droop(*, controls: int = 2, **raw: int) -> list[int]:
    values = _head(controls, model_id=711) | {"Db_SF": -3, "K_SF": -3, "RspTms_SF": -1}
    for i in range(1, controls + 1):
        stem = f"Ctl_{i}."
        values |= {
            f"{stem}DbOf": 17, f"{stem}DbUf": 17, f"{stem}KOf": 30, f"{stem}KUf": 30,
            f"{stem}RspTms": 2, f"{stem}PMin": 0,
        }  # fmt: skip
    return grouped(711, {"NCtl": controls}, values | _dotted(raw))


def legacy(model_id: int, *, curves: int = 2, points: int = 10, **raw: int) -> list[int]:
    """Models 126, 132 and 134; the first curve is active and read-only."""
    x, y = {126: ("V", "VAr"), 132: ("V", "W"), 134: ("Hz", "W")}[model_id]
    response = {126: "RmpTms", 132: "RmpPt1Tms", 134: "RmpPT1Tms"}[model_id]
    scales = {"Hz_SF": -2, "W_SF": -1} if model_id == 134 else {"V_SF": -1, "DeptRef_SF": -1}
    values = {
        "ActCrv": 1, "ModEna": 0, "WinTms": 0, "RvrtTms": 0, "RmpTms": 0, "NCrv": curves,
        "NPt": points, **scales,
    }  # fmt: skip
    for i in range(1, curves + 1):
        stem = f"curve_{i}."
        values |= {f"{stem}ActPt": 2, f"{stem}{response}": 9, f"{stem}ReadOnly": int(i == 1)}
        values |= {f"{stem}SnptW": 0} if model_id == 134 else {f"{stem}DeptRef": 1}
        first = (6020, 6150) if model_id == 134 else (1060, 1100)
        for point, number in enumerate(first, 1):
            values |= {f"{stem}{x}{point}": number, f"{stem}{y}{point}": 1000 - 500 * point}
    return grouped(model_id, {"curve": curves}, values | _dotted(raw))


def frequency_parameters(**raw: int) -> list[int]:
    values = {
        "WGra": 40, "HzStr": 20, "HzStop": 20, "HysEna": 1, "ModEna": 0, "WGra_SF": 0,
        "HzStrStop_SF": -2,
    }  # fmt: skip
    return model(127, **(values | raw))


def _dotted(raw: dict[str, int]) -> dict[str, int]:
    """Keyword arguments cannot hold a dot: `Crv_2__ActPt` is `Crv_2.ActPt`."""
    return {name.replace("__", "."): value for name, value in raw.items()}
