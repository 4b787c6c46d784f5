"""What curves and droop make of the local voltage and frequency: var asked for, bounds on W."""

import numpy as np

from simulators.physics.arrays import Floats
from simulators.physics.settings import Settings
from simulators.physics.truth import Truth

NOMINAL_HZ = 60.0
OF_W_MAX, OF_VAR_MAX, OF_VAR_AVAILABLE, OF_VA_MAX, OF_W_AVAILABLE = range(5)


class GridSupport:
    """The autonomous functions of IEEE 1547-2018 clauses 5.3, 5.4 and 6.5.2.7."""

    def __init__(self, settings: Settings, rated_w: Floats) -> None:
        self.settings, self.rated_w = settings, rated_w

    def cap_w(self, now: Truth, dt_s: float) -> Floats:
        """Highest power that volt-watt and frequency-watt leave; infinite without them."""
        own = self.settings
        cap = np.full(self.rated_w.size, np.inf)
        for curves, x in (
            (own.volt_watt, 100.0 * now.voltage_pu),
            (own.freq_watt, now.frequency_hz),
        ):
            rows = np.flatnonzero(curves.enabled)
            if rows.size:
                share = curves.targets(rows, x[rows]) / 100.0
                available = curves.reference[rows] == OF_W_AVAILABLE
                target = share * np.where(available, now.available_w[rows], own.w_max[rows])
                hold_until = curves.hold_until[rows]
                holds = (hold_until > 0) & (x[rows] > hold_until)
                target = np.where(holds, np.fmin(target, curves.reached[rows]), target)
                cap[rows] = np.minimum(cap[rows], curves.follow(rows, target, dt_s))
        return cap

    def droop_w(self, now: Truth, hz: Floats, dt_s: float) -> tuple[Floats, Floats]:
        """Power each device must not exceed (frequency high) or fall below (frequency low)."""
        droop = self.settings.droop
        highest = np.full(self.rated_w.size, np.inf)
        lowest = np.full(self.rated_w.size, -np.inf)
        if droop.enabled.any():
            shift = droop.shift(hz, NOMINAL_HZ, now.output_w, dt_s)
            moved = droop.before_w + shift * self.rated_w
            floor = droop.lowest_share * self.rated_w
            highest = np.where(shift < 0, np.maximum(moved, floor), highest)
            lowest = np.where(shift > 0, moved, lowest)
        return highest, lowest

    def var_asked(self, now: Truth, room_var: Floats, dt_s: float, asked: Floats) -> Floats:
        """Var asked for by watt-var and volt-var, over what `asked` says for other devices."""
        own = self.settings
        w_pct = 100.0 * now.output_w / np.maximum(own.w_max, 1.0)
        for curves, x in (
            (own.watt_var, w_pct),
            (own.volt_var, 100.0 * now.voltage_pu / own.volt_var.x_ref),
        ):
            rows = np.flatnonzero(curves.enabled)
            if not rows.size:
                continue
            share = curves.targets(rows, x[rows]) / 100.0
            largest = np.where(share >= 0, own.var_max_inj[rows], own.var_max_abs[rows])
            base = np.choose(
                curves.reference[rows],
                (own.w_max[rows], largest, room_var[rows], own.va_max[rows]),
            )
            asked[rows] = curves.follow(rows, share * base, dt_s)
        return asked
