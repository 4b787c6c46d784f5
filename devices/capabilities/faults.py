"""What can go wrong between us and a device, each with a stable word and a sentence."""

from __future__ import annotations


class DriverFault(Exception):
    """Something went wrong between us and a device.

    `kind` is stable and machine-readable; the message is for people. `may_retry` says whether
    the same request may simply be made again later.
    """

    kind = "driver_fault"
    may_retry = False


class Unreachable(DriverFault):
    """No connection could be made."""

    kind = "unreachable"
    may_retry = True


class ConnectionLost(DriverFault):
    """The connection ended before this request was answered; a write was not sent."""

    kind = "connection_lost"
    may_retry = True


class Timeout(DriverFault):
    """The device did not answer a read in time; the connection has been closed."""

    kind = "timeout"
    may_retry = True


class ExceptionReply(DriverFault):
    """The device refused the request with a Modbus exception code."""

    kind = "exception_reply"

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code
        # 4 device failure, 5 acknowledge, 6 busy, 10 and 11 gateway: these may pass.
        self.may_retry = code in {4, 5, 6, 10, 11}


class ShortReply(DriverFault):
    """The device sent fewer or more registers than asked for."""

    kind = "short_reply"
    may_retry = True


class WrongReply(DriverFault):
    """The reply was not one to our request: other function, other unit, or no Modbus at all."""

    kind = "wrong_reply"
    may_retry = True


class UnknownOutcome(DriverFault):
    """A write was sent and not answered: read back before saying anything about it."""

    kind = "unknown_outcome"


class NotSunSpec(DriverFault):
    """The device answers Modbus, but none of the bases holds the SunSpec marker."""

    kind = "not_sunspec"


class NotSupported(DriverFault):
    """The device has no such function."""

    kind = "not_supported"


class OutOfRange(DriverFault):
    """The value asked for is beyond what the device can do."""

    kind = "out_of_range"


class NotAdopted(DriverFault):
    """The device checked the curve it was given and did not take it over: the old one holds."""

    kind = "not_adopted"


class DeviceChanged(DriverFault):
    """Another serial number answers than the one that was discovered."""

    kind = "device_changed"


class LocalControl(DriverFault):
    """The device is switched to local control and would ignore remote commands."""

    kind = "local_control"


class SettingsUnknown(DriverFault):
    """A control was planned before the device's settings were read."""

    kind = "settings_unknown"
