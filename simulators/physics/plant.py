"""The physics of the whole fleet, one time step at a time; time is given, never read."""

from dataclasses import dataclass

import numpy as np

from simulators.fleet import BATTERY, METER, PV, Fleet
from simulators.physics.arrays import Flags, Floats, Integers
from simulators.physics.battery import SELF_USE_RESERVE, SELF_USE_SHARE, Batteries
from simulators.physics.feeder import Feeders
from simulators.physics.house import Houses
from simulators.physics.pv import PVFleet
from simulators.physics.settings import (
    AVAILABLE_VAR,
    FIXED_VAR,
    POWER_FACTOR,
    ReactiveControl,
    Settings,
)
from simulators.physics.support import GridSupport
from simulators.physics.truth import Truth
from simulators.physics.weather import MinuteSeries, Weather
from simulators.regimes import Regime

LONGEST_STEP_S = 60.0
HOUSE_VAR_PER_W = 0.2
FREE_RAMP_W_S = 1e12


@dataclass(slots=True)
class Counters:
    """Lifetime counters of every device in Wh and varh."""

    injected_wh: Floats
    absorbed_wh: Floats
    curtailed_wh: Floats
    injected_varh: Floats
    absorbed_varh: Floats

    @classmethod
    def of(cls, fleet: Fleet) -> "Counters":
        injected = np.array([float(d.injected_wh) for d in fleet.devices])
        absorbed = np.array([float(d.absorbed_wh) for d in fleet.devices])
        zero = np.zeros(len(fleet.devices))
        return cls(injected, absorbed, zero.copy(), 0.02 * injected, 0.02 * injected)


class Plant:
    """All devices of a fleet as vectors in the order of fleet.devices."""

    def __init__(self, fleet: Fleet, t: float, weather: str | None = None) -> None:
        self.fleet, self.t, self.steps = fleet, t, 0
        specs = list(fleet.devices)
        names = {s.key: i for i, s in enumerate(fleet.sites)}
        self.index = {d.key: i for i, d in enumerate(specs)}
        self.site = np.array([names[d.site] for d in specs])
        self.pv, self.battery, self.meter = (_where(fleet, k) for k in (PV, BATTERY, METER))
        self.sources = np.concatenate([self.pv, self.battery])
        self.battery_place = np.zeros(len(specs), dtype=np.int64)
        self.battery_place[self.battery] = np.arange(self.battery.size)
        self.rated_w = np.array([float(d.rated_w) for d in specs])
        self.settings = Settings.of(specs)
        self.batteries = Batteries.of([specs[i] for i in self.battery])
        self.counters = Counters.of(fleet)
        self._sky = sky = Weather(fleet, weather or fleet.weather)
        panels = PVFleet([specs[i] for i in self.pv], self.site[self.pv], sky)
        self._sun = MinuteSeries(panels.available_w)
        self._load = MinuteSeries(Houses(fleet).load_w)
        site_rated = np.bincount(self.site, self.rated_w, len(fleet.sites)).astype(np.float64)
        self.feeders = Feeders(fleet, site_rated)
        self.now = Truth.of(self.settings.w_max, len(fleet.sites))
        self._support = GridSupport(self.settings, self.rated_w)
        nothing = np.full(len(specs), np.inf)
        self._highest_w, self._lowest_w = nothing, -nothing

    def change_weather(self, regime: Regime, over_s: float) -> None:
        """Let another weather come in from now on."""
        self._sky.schedule.change(self.t, over_s, regime)
        self._sun.forget()

    def is_held_down(self, rows: Integers) -> Flags:
        """Whether volt-watt, frequency-watt or droop keep a device below what it could do."""
        highest = self._highest_w[rows]
        held: Flags = np.isfinite(highest) & (self.now.output_w[rows] >= highest - 1.0)
        return held & (self.now.available_w[rows] > highest + 1.0)

    def advance(self, t: float) -> None:
        """Go on to time t in steps of at most a minute; going backwards is ignored."""
        while t - self.t > LONGEST_STEP_S:
            self.step(self.t + LONGEST_STEP_S)
        if t >= self.t:
            self.step(t)

    def step(self, t: float) -> None:
        """One step; the power reached at t is booked for the whole interval."""
        dt_s, self.t = t - self.t, t
        self.steps += 1
        now = self.now
        now.load_w = self._load.at(t)
        now.frequency_hz = self.feeders.frequency_hz(t)[self.site]
        own = self.settings.service
        now.in_service = own.step(dt_s, now.voltage_pu, now.frequency_hz)
        self._bound(dt_s)
        self._move_limits(dt_s)
        self._step_pv(self._sun.at(t))
        self._step_batteries(dt_s)
        self._step_reactive(dt_s)
        self._step_meters()
        self._book(dt_s)

    def _bound(self, dt_s: float) -> None:
        """What the functions that watch voltage and frequency allow in this step."""
        now = self.now
        highest, lowest = self._support.droop_w(now, now.frequency_hz, dt_s)
        self._highest_w = np.minimum(highest, self._support.cap_w(now, dt_s))
        self._lowest_w = np.minimum(lowest, self._highest_w)

    def _move_limits(self, dt_s: float) -> None:
        """Move each limit in force towards its target no faster than the ramp allows."""
        own, now = self.settings, self.now
        target = self._limit_in_force_w()
        set_point = np.where(np.isnan(own.set_w), np.inf, own.set_w)
        target[self.pv] = np.minimum(target, np.maximum(set_point, 0.0))[self.pv]
        entering = own.service.ramping & now.in_service
        entry = own.w_max / np.maximum(own.service.ramp_s, 1.0)
        up = np.where(np.isnan(own.limit_ramp_w_s), own.ramp_up_w_s, own.limit_ramp_w_s)
        up = np.where(entering, np.minimum(up, entry), up)
        down = np.where(np.isnan(own.limit_ramp_w_s), own.ramp_down_w_s, own.limit_ramp_w_s)
        moved = np.clip(target, now.limit_w - down * dt_s, now.limit_w + up * dt_s)
        now.limit_w = np.where(now.in_service, moved, 0.0)
        arrived = now.in_service & (moved == target)
        own.limit_ramp_w_s[arrived] = np.nan
        own.service.ramping[arrived] = False
        now.limited = (now.limit_w < self.rated_w - 0.5) | ~now.in_service
        now.limited |= np.isfinite(self._highest_w)

    def _step_pv(self, sun_w: Floats) -> None:
        now, pv = self.now, self.pv
        now.available_w[pv] = sun_w
        cap = np.minimum(now.limit_w[pv], self._highest_w[pv])
        # Low frequency lifts a set-point, never a limit (IEEE 1547-2018 4.7).
        lifted = np.minimum(self._lowest_w[pv], self._limit_in_force_w()[pv])
        cap = np.where(now.in_service[pv], np.maximum(cap, lifted), 0.0)
        now.output_w[pv] = np.minimum(sun_w, np.minimum(cap, self._cap_by_apparent_power()[pv]))

    def _step_batteries(self, dt_s: float) -> None:
        own, now, at = self.settings, self.now, self.battery
        if not at.size:
            return
        site = self.site[at]
        pv_w = np.bincount(self.site[self.pv], now.output_w[self.pv], now.load_w.size)
        spare = self.batteries.stored_wh > SELF_USE_RESERVE * self.batteries.capacity_wh
        own_use = SELF_USE_SHARE * (now.load_w - pv_w)[site]
        own_use = np.where(spare, own_use, np.minimum(own_use, 0.0))
        wanted = np.where(np.isnan(own.set_w[at]), own_use, own.set_w[at])
        wanted = np.clip(wanted, own.window_low_w[at], own.window_high_w[at])
        room_w = np.minimum(self.batteries.discharge_room_w(dt_s), own.discharge_max_w[at])
        charge_w = np.minimum(self.batteries.charge_room_w(dt_s), own.charge_max_w[at])
        cap = self._cap_by_apparent_power()[at]
        ramp = np.nan_to_num(own.set_ramp_w_s[at], nan=FREE_RAMP_W_S) * dt_s
        up = np.minimum(own.ramp_up_w_s[at] * dt_s, ramp)
        down = np.minimum(own.ramp_down_w_s[at] * dt_s, ramp)
        reached = np.clip(wanted, now.output_w[at] - down, now.output_w[at] + up)
        reached = np.clip(reached, self._lowest_w[at], self._highest_w[at])
        high = np.minimum(np.minimum(room_w, now.limit_w[at]), cap)
        output = np.clip(reached, -np.minimum(charge_w, cap), high)
        now.output_w[at] = np.where(now.in_service[at], output, 0.0)
        now.available_w[at] = room_w
        self.batteries.store(now.output_w[at], dt_s)

    def _limit_in_force_w(self) -> Floats:
        own = self.settings
        share = np.where(np.isinf(own.limit_frac), 1.0, np.minimum(own.limit_frac, 1.0))
        limit: Floats = share * own.w_max
        return limit

    def _cap_by_apparent_power(self) -> Floats:
        """Active power left beside a reactive set-point that has priority."""
        own = self.settings
        asked = np.where((own.var.kind == FIXED_VAR) & (own.var.first > 0), own.var.value, 0.0)
        cap: Floats = np.sqrt(np.maximum(own.va_max**2 - asked**2, 0.0))
        return cap

    def _step_reactive(self, dt_s: float) -> None:
        own, now = self.settings, self.now
        room = np.sqrt(np.maximum(own.va_max**2 - now.output_w**2, 0.0))
        asked = np.zeros(room.size)
        for control, side in (
            (own.pf_injecting, now.output_w > 0.0),
            (own.pf_absorbing, now.output_w < 0.0),
        ):
            asked = np.where(side, _asked_var(control, now.output_w, room, asked), asked)
        asked = self._support.var_asked(now, room, dt_s, asked)
        asked = _asked_var(own.var, now.output_w, room, asked)
        working = now.in_service & (self._awake() | (self.settings.var.kind > 0))
        now.output_var = np.where(working, np.clip(asked, -room, room), 0.0)

    def _awake(self) -> Flags:
        awake = np.ones(self.rated_w.size, dtype=np.bool_)
        awake[self.pv] = self.now.available_w[self.pv] > 0.003 * self.rated_w[self.pv]
        return awake

    def _step_meters(self) -> None:
        now, at = self.now, self.sources
        sites = now.load_w.size
        net_w: Floats = np.bincount(self.site[at], now.output_w[at], sites) - now.load_w
        made_var = np.bincount(self.site[at], now.output_var[at], sites)
        net_var = made_var - HOUSE_VAR_PER_W * now.load_w
        now.output_w[self.meter] = net_w[self.site[self.meter]]
        now.output_var[self.meter] = net_var[self.site[self.meter]]
        now.voltage_pu = self.feeders.voltage_pu(self.t, net_w, net_var)[self.site]

    def _book(self, dt_s: float) -> None:
        hours, now, sums = dt_s / 3600.0, self.now, self.counters
        sums.injected_wh += np.maximum(now.output_w, 0.0) * hours
        sums.absorbed_wh += np.maximum(-now.output_w, 0.0) * hours
        sums.injected_varh += np.maximum(now.output_var, 0.0) * hours
        sums.absorbed_varh += np.maximum(-now.output_var, 0.0) * hours
        pv = self.pv
        lost = np.where(now.limited[pv], now.available_w[pv] - now.output_w[pv], 0.0)
        sums.curtailed_wh[pv] += np.maximum(lost, 0.0) * hours


def _where(fleet: Fleet, kind: str) -> Integers:
    rows = [i for i, d in enumerate(fleet.devices) if d.kind == kind]
    return np.array(rows, dtype=np.int64)


def _asked_var(control: ReactiveControl, w: Floats, room: Floats, otherwise: Floats) -> Floats:
    asked = np.where(control.kind == FIXED_VAR, control.value, otherwise)
    asked = np.where(control.kind == AVAILABLE_VAR, control.value * room, asked)
    return np.where(control.kind == POWER_FACTOR, control.value * np.abs(w), asked)
