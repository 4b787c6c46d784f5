"""What a device was approved to hold while no command holds it, and who approved that (DV-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from derms.lib.errors import NotFound, Refused
from devices.capabilities import PARAMETERS, Function, parameters_from
from devices.models import ApprovedSetting, Device, FoundSetting
from devices.parameters import ParametersRefused, to_json

LONGEST_SOURCE = 200
# Whether a device runs and what a battery does now is operation, not something it is set to.
NEVER_A_SETTING = frozenset({Function.CONNECT, Function.SET_ACTIVE_POWER})


class SettingRefused(Refused):
    """No device can be approved to hold this."""

    code = "setting_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one function shall stand: off, or on at a value in W or with parameters.

    A limit may hold only until a moment: then the device falls to `afterwards_w` by itself.
    """

    function: str
    is_enabled: bool
    value_w: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    holds_until: datetime | None = None
    afterwards_w: float | None = None


def approve_settings(
    *, device_id: int, settings: Sequence[Setting], at: datetime, by: str, source: str
) -> list[ApprovedSetting]:
    """Approve how these functions shall stand from now on; what was approved for them before ends.

    `source` says in words where it comes from: the application, the condition, the profile. The
    gateway compares the device with it at every slow poll. Functions that are not named keep what
    was approved for them. Raises SettingRefused or NotFound; then nothing is changed.
    """
    settings = [_checked(setting) for setting in settings]
    functions = [setting.function for setting in settings]
    if len(set(functions)) < len(functions):
        raise SettingRefused("One function was given twice. Give each one setting.")
    with transaction.atomic():
        device = (
            Device.objects.select_for_update(no_key=True)
            .filter(pk=device_id, active_to__isnull=True)
            .first()
        )
        if device is None:
            raise NotFound(f"There is no active device {device_id}.")
        if device.kind == Device.Kind.METER:
            raise SettingRefused(f"{device} is a meter; it has no settings to approve.")
        ApprovedSetting.objects.filter(
            device=device, function__in=functions, ended_at__isnull=True
        ).update(ended_at=at)
        return ApprovedSetting.objects.bulk_create(
            ApprovedSetting(
                device=device,
                function=setting.function,
                is_enabled=setting.is_enabled,
                value_w=setting.value_w,
                parameters=dict(setting.parameters),
                approved_by=by,
                approved_at=at,
                source=source[:LONGEST_SOURCE],
                holds_until=setting.holds_until,
                afterwards_w=setting.afterwards_w,
            )
            for setting in settings
        )


def end_settings(*, device_id: int, at: datetime) -> int:
    """End what is approved for a device that leaves service; returns how many."""
    with transaction.atomic():
        FoundSetting.objects.filter(device=device_id, differs_since__isnull=False).update(
            differs_since=None, difference=""
        )
        return ApprovedSetting.objects.filter(device=device_id, ended_at__isnull=True).update(
            ended_at=at
        )


def settings_found(kept: object) -> list[Setting]:
    """The baseline in what a live test kept; what cannot be read or is no setting is left out."""
    if not isinstance(kept, list):
        return []
    settings = []
    for one in kept:
        if not isinstance(one, Mapping) or one.get("function") in NEVER_A_SETTING:
            continue
        try:
            settings.append(
                _checked(
                    Setting(
                        function=str(one["function"]),
                        is_enabled=bool(one["is_enabled"]),
                        value_w=one.get("value_w"),
                        parameters=one.get("parameters") or {},
                    )
                )
            )
        except (KeyError, SettingRefused):
            continue
    return settings


def _checked(setting: Setting) -> Setting:
    """The setting as its row keeps it; one that is off has no value that matters."""
    if setting.function not in set(Function):
        raise SettingRefused(f"There is no function {setting.function!r}.")
    function = Function(setting.function)
    if not setting.is_enabled:
        return Setting(function=function.value, is_enabled=False)
    if function not in PARAMETERS:
        if setting.value_w is None or setting.parameters:
            raise SettingRefused(f"{function} is approved with a value in W and no parameters.")
        return replace(setting, function=function.value, value_w=float(setting.value_w))
    try:
        parameters = parameters_from(function, setting.parameters)
    except ParametersRefused as refusal:
        raise SettingRefused(f"The parameters of {function}: {refusal}.") from refusal
    if parameters is None or setting.value_w is not None:
        raise SettingRefused(f"{function} is approved with its parameters and no value in W.")
    return Setting(function=function.value, is_enabled=True, parameters=to_json(parameters))
