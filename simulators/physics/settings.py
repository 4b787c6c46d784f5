"""What the fleet's machines are told to do: settings and controls in force, as vectors."""

from dataclasses import dataclass

import numpy as np

from simulators.fleet import DeviceSpec
from simulators.physics.arrays import Floats, Integers
from simulators.physics.curves import Curves, Droops
from simulators.physics.service import Service

NO_VAR, FIXED_VAR, AVAILABLE_VAR, POWER_FACTOR = 0, 1, 2, 3


@dataclass(slots=True)
class ReactiveControl:
    """Fixed var, a share of the var still available, or a power factor (as signed tangent)."""

    kind: Integers
    value: Floats
    first: Floats


@dataclass(slots=True)
class Settings:
    """Settings in W, var and VA; an absent limit is infinite, an absent set-point NaN."""

    w_max: Floats
    va_max: Floats
    charge_max_w: Floats
    discharge_max_w: Floats
    limit_frac: Floats
    set_w: Floats
    window_low_w: Floats
    window_high_w: Floats
    ramp_up_w_s: Floats
    ramp_down_w_s: Floats
    limit_ramp_w_s: Floats
    set_ramp_w_s: Floats
    var_max_inj: Floats
    var_max_abs: Floats
    service: Service
    volt_var: Curves
    watt_var: Curves
    volt_watt: Curves
    freq_watt: Curves
    droop: Droops
    alarms: Integers
    clock_offset_s: Floats
    var: ReactiveControl
    pf_injecting: ReactiveControl
    pf_absorbing: ReactiveControl

    @classmethod
    def of(cls, specs: list[DeviceSpec]) -> "Settings":
        n = len(specs)

        def row(value: float) -> Floats:
            return np.full(n, value)

        def reactive() -> ReactiveControl:
            return ReactiveControl(np.zeros(n, dtype=np.int64), row(0.0), row(0.0))

        rated = np.array([float(s.rated_w) for s in specs])
        ramp = rated * np.array([s.ramp_pct_s / 100.0 for s in specs])
        return cls(
            w_max=rated.copy(),
            va_max=np.array([float(s.rated_va) for s in specs]),
            charge_max_w=np.array([float(s.charge_max_w) for s in specs]),
            discharge_max_w=np.array([float(s.discharge_max_w) for s in specs]),
            limit_frac=row(np.inf),
            set_w=row(np.nan),
            window_low_w=row(-np.inf),
            window_high_w=row(np.inf),
            ramp_up_w_s=ramp.copy(),
            ramp_down_w_s=ramp.copy(),
            limit_ramp_w_s=row(np.nan),
            set_ramp_w_s=row(np.nan),
            var_max_inj=0.44 * np.array([float(s.rated_va) for s in specs]),
            var_max_abs=0.44 * np.array([float(s.rated_va) for s in specs]),
            service=Service.of(n),
            volt_var=Curves.of(n),
            watt_var=Curves.of(n),
            volt_watt=Curves.of(n),
            freq_watt=Curves.of(n),
            droop=Droops.of(n),
            alarms=np.zeros(n, dtype=np.int64),
            clock_offset_s=row(0.0),
            var=reactive(),
            pf_injecting=reactive(),
            pf_absorbing=reactive(),
        )
