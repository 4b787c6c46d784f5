"""Seeing by its serial number that the registered device answers, and no other (DV-1)."""

from collections.abc import Callable

from devices.capabilities import Discovery, DriverFault, ExceptionReply
from devices.gateway.fleet import DeviceRow
from devices.sunspec import Connection, SunSpecDevice, discover, quirks_for

COMMON_MODEL, SERIAL_FIRST, SERIAL_COUNT = 1, 50, 16


class WrongDevice(DriverFault):
    """Another device answers at the address of a registered one."""

    kind = "wrong_device"


async def is_still(
    connection: Connection, row: DeviceRow, known: Discovery, *, patience_s: float
) -> bool:
    """Whether the device that was discovered answers; one short read, or none that can tell."""
    says = await _serial(connection, row.unit, known, patience_s)
    if says != known.identity.serial_number:
        return False
    refuse_stranger(connection, row, known)
    return True


async def walk(
    connection: Connection, row: DeviceRow, *, remember: Callable[[int, Discovery], None]
) -> Discovery:
    """Walk the chain of the device at the address; raises WrongDevice when it is another.

    What a stranger says is kept as well: somebody has to see who answers there (DV-6).
    """
    found = await discover(connection, row.unit)
    remember(row.id, found)
    refuse_stranger(connection, row, found)
    return found


def device_of(connection: Connection, row: DeviceRow, found: Discovery) -> SunSpecDevice:
    return SunSpecDevice(
        connection,
        row.unit,
        found,
        quirks=quirks_for(found.identity),
        as_meter=row.kind == "meter",
        learned=row.learned,
    )


async def _serial(
    connection: Connection, unit: int, known: Discovery, patience_s: float
) -> str | None:
    common = next((model for model in known.models if model.id == COMMON_MODEL), None)
    if common is None:
        return None
    try:
        data = await connection.read(
            unit, common.addr + SERIAL_FIRST, SERIAL_COUNT, timeout_s=patience_s
        )
    except ExceptionReply as fault:
        if fault.may_retry:
            raise
        return None
    return data.rstrip(b"\0").decode("utf-8", errors="replace").strip()


def refuse_stranger(connection: Connection, row: DeviceRow, found: Discovery) -> None:
    says, wanted = found.identity.serial_number.strip(), row.serial_number.strip()
    if says and wanted and says != wanted:
        raise WrongDevice(
            f"the device at {connection}, unit {row.unit}, says its serial number "
            f"is {says}, registered is {wanted}: somebody must look at it"
        )
