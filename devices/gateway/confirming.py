"""A measurement that agrees with a verified command: a sign that it acts, never a condition (DV-3).

Registers prove that a device holds a command; only its output shows that it follows. Where no
measurement can show it (a curve, a ramp rate) nothing is awaited.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from devices.capabilities import Function, Measurement
from devices.gateway import statements
from devices.gateway.batches import Batches
from devices.gateway.database import Database, DatabaseAway
from devices.gateway.ledger import Order
from devices.parameters import PowerFactor, ReactivePower, read

logger = logging.getLogger(__name__)
TOGETHER_S = 0.5
# Of what was asked, of the device's rating, and for any device: whichever is the most.
SHARE, RATING_SHARE, LEAST_W = 0.02, 0.02, 50.0
POWER_FACTOR_BAND = 0.02
# Below this share of its rating a power factor is noise.
LOW_POWER_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Awaited:
    """A verified command that a measurement may confirm."""

    order: Order
    verified_at: datetime


class Confirmations:
    """Looks at measurements of devices with an awaited command, and records the first sign."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._signs: Batches[tuple[int, datetime], bool] = Batches(
            self._confirm, together_s=TOGETHER_S
        )

    def close(self) -> None:
        self._signs.cancel()

    def look(
        self, awaited: tuple[Awaited, ...], measurement: Measurement, rated_w: float | None
    ) -> tuple[Awaited, ...]:
        """What is still awaited after this measurement."""
        left = []
        for one in awaited:
            if one.order.expires_at <= measurement.measured_at:
                continue
            if one.verified_at < measurement.measured_at and shows(one.order, measurement, rated_w):
                self._signs.submit((one.order.id, measurement.measured_at)).add_done_callback(_told)
            else:
                left.append(one)
        return tuple(left)

    async def _confirm(self, signs: list[tuple[int, datetime]]) -> list[bool]:
        ids, times = zip(*signs, strict=True)
        async with self._database.use() as connection:
            await connection.execute(statements.CONFIRM, [list(ids), list(times)])
        return [True] * len(signs)


def can_show(order: Order) -> bool:
    """Whether a measurement could tell that the device follows."""
    return not order.is_release and order.function in {
        Function.LIMIT_ACTIVE_POWER,
        Function.SET_ACTIVE_POWER,
        Function.CONNECT,
        Function.FIXED_POWER_FACTOR,
        Function.SET_REACTIVE_POWER,
    }


def shows(order: Order, measurement: Measurement, rated_w: float | None) -> bool:
    """Whether the device's output is what was asked of it, within tolerance."""
    power_w, reactive_var = measurement.active_power_w, measurement.reactive_power_var
    rating_w = rated_w or 0.0
    band_w = max(LEAST_W, RATING_SHARE * rating_w, SHARE * abs(order.value_w or 0))
    match order.function:
        case Function.LIMIT_ACTIVE_POWER:
            return power_w is not None and power_w <= (order.value_w or 0) + band_w
        case Function.SET_ACTIVE_POWER:
            return power_w is not None and abs(power_w - (order.value_w or 0)) <= band_w
        case Function.CONNECT:
            return power_w is not None and (order.value_w == 1 or abs(power_w) <= band_w)
        case Function.SET_REACTIVE_POWER:
            wanted = read(ReactivePower, order.parameters)
            return (
                isinstance(wanted, ReactivePower)
                and reactive_var is not None
                and abs(reactive_var - wanted.reactive_power_var)
                <= max(band_w, SHARE * abs(wanted.reactive_power_var))
            )
        case Function.FIXED_POWER_FACTOR:
            return _shows_power_factor(order, measurement, rating_w)
        case _:
            return False


def _shows_power_factor(order: Order, measurement: Measurement, rating_w: float) -> bool:
    wanted = read(PowerFactor, order.parameters)
    found, power_w = measurement.power_factor, measurement.active_power_w
    if not isinstance(wanted, PowerFactor) or found is None or power_w is None:
        return False
    if abs(power_w) <= max(LEAST_W, LOW_POWER_SHARE * rating_w):
        return False
    return abs(abs(found) - wanted.power_factor) <= POWER_FACTOR_BAND


def _told(done: asyncio.Future[bool]) -> None:
    """A sign that could not be recorded is only missing."""
    if not done.cancelled() and isinstance(done.exception(), DatabaseAway):
        logger.info("confirmation_not_recorded")
