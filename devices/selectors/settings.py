"""What was asked of a device, function by function, beside what it was found to hold (DV-3)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from devices.capabilities import Function
from devices.models import ApprovedSetting, Device, DeviceCommand, FoundSetting
from devices.selectors.commands import timer_ends_at
from devices.selectors.wording import FunctionSetting, in_words, label_of, setting_of
from devices.statuses import COMMAND_OPEN, CommandStatus

# Two slow polls of a minute, with room for a device that is asked late.
OLD_AFTER = timedelta(minutes=5)
# Which SunSpec models can carry a function: the older ones and those of IEEE 1547-2018.
CARRIED_BY: Mapping[Function, frozenset[int]] = {
    Function.LIMIT_ACTIVE_POWER: frozenset({123, 704}),
    Function.SET_ACTIVE_POWER: frozenset({124, 704}),
    Function.CONNECT: frozenset({123, 703}),
    Function.FIXED_POWER_FACTOR: frozenset({123, 704}),
    Function.SET_REACTIVE_POWER: frozenset({123, 704}),
    Function.VOLT_VAR: frozenset({126, 705}),
    Function.VOLT_WATT: frozenset({132, 706}),
    Function.WATT_VAR: frozenset({712}),
    Function.FREQUENCY_DROOP: frozenset({127, 711}),
    Function.FREQUENCY_WATT: frozenset({134}),
    Function.RAMP_RATE: frozenset({121, 702, 704}),
    Function.ENTER_SERVICE: frozenset({703}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What should stand: of a command in force, else of what was approved."""

    setting: FunctionSetting
    words: str
    by: str
    at: datetime
    why: str
    command: int | None = None
    until: datetime | None = None
    timer_ends_at: datetime | None = None

    @property
    def is_command(self) -> bool:
        return self.command is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the device held when it was last read."""

    setting: FunctionSetting
    words: str
    read_at: datetime
    registers: Sequence[int]
    is_old: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One function; `word` and `kind` say in a mark whether the device holds what it should."""

    function: str
    label: str
    asked: Asked | None
    otherwise: Asked | None
    found: Found | None
    coming: str
    word: str
    kind: str
    difference: str
    differs_since: datetime | None

    @property
    def differs(self) -> bool:
        return self.differs_since is not None


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """The rows of one device that the comparison stands on."""

    approved: Mapping[str, ApprovedSetting]
    found: Mapping[str, FoundSetting]
    commands: Sequence[DeviceCommand]

    @property
    def newest_change(self) -> tuple[object, ...]:
        """Changes whenever a page that shows the comparison is out of date."""
        return (
            tuple(sorted((f.function, f.differs_since) for f in self.found.values())),
            max((f.read_at for f in self.found.values()), default=None),
            tuple((c.pk, c.status) for c in self.commands),
            tuple(sorted(a.pk for a in self.approved.values())),
        )


def setting_facts(device_id: int) -> SettingFacts:
    """Three questions: approved, found, and the commands in force or on their way."""
    current = Q(status__in=COMMAND_OPEN) | Q(status=CommandStatus.VERIFIED)
    return SettingFacts(
        approved={
            row.function: row
            for row in ApprovedSetting.objects.filter(device_id=device_id, ended_at__isnull=True)
        },
        found={row.function: row for row in FoundSetting.objects.filter(device_id=device_id)},
        commands=list(
            DeviceCommand.objects.filter(current, device_id=device_id).order_by("sequence")
        ),
    )


def compare_settings(device: Device, facts: SettingFacts, at: datetime) -> list[SettingRow]:
    """One row for each function the device has, was asked for or was found with."""
    known = {
        *supported_functions(device, facts.found),
        *facts.approved,
        *(command.function for command in facts.commands),
    }
    order = {str(function): place for place, function in enumerate(Function)}
    return [_row(function, facts, at) for function in sorted(known, key=lambda f: order.get(f, 99))]


def supported_functions(device: Device, found: Collection[str]) -> frozenset[str]:
    """What the device can be asked for: found with a state, else by the models it has."""
    if found:
        return frozenset(found)
    models = model_ids(device)
    return frozenset(function for function, carriers in CARRIED_BY.items() if carriers & models)


def model_ids(device: Device) -> frozenset[int]:
    """The SunSpec models of the last walk; what is not stored as expected is left out."""
    listed = device.discovery.get("models")
    models = listed if isinstance(listed, list) else []
    ids = (model.get("id") for model in models if isinstance(model, dict))
    return frozenset(one for one in ids if isinstance(one, int))


def in_force(facts: SettingFacts) -> list[DeviceCommand]:
    """The newest verified command of each function that holds the device to something."""
    newest: dict[str, DeviceCommand] = {}
    for command in facts.commands:
        if command.status == CommandStatus.VERIFIED:
            newest[command.function] = command
    return [command for command in newest.values() if not command.is_release]


def on_their_way(facts: SettingFacts) -> list[DeviceCommand]:
    return [command for command in facts.commands if command.status in COMMAND_OPEN]


def command_setting(command: DeviceCommand) -> FunctionSetting:
    return setting_of(
        command.function,
        is_enabled=not command.is_release,
        value_w=command.value_w,
        kept=command.parameters,
    )


def command_words(command: DeviceCommand) -> str:
    """What a command asks: "at most 3.00 kW", "release"."""
    if command.is_release:
        return "release"
    return in_words(command_setting(command))


def _row(function: str, facts: SettingFacts, at: datetime) -> SettingRow:
    approved, found = facts.approved.get(function), facts.found.get(function)
    held = next((c for c in in_force(facts) if c.function == function), None)
    coming = [c for c in on_their_way(facts) if c.function == function]
    as_approved = _approved(approved) if approved else None
    asked = _commanded(held) if held else as_approved
    word, kind = _verdict(asked, found, at)
    return SettingRow(
        function=function,
        label=label_of(function),
        asked=asked,
        otherwise=as_approved if held else None,
        found=_found(found, at) if found else None,
        coming=", ".join(f"{command_words(c)} ({c.get_status_display().lower()})" for c in coming),
        word=word,
        kind=kind,
        difference=found.difference if found and found.differs_since else "",
        differs_since=found.differs_since if found else None,
    )


def _commanded(command: DeviceCommand) -> Asked:
    setting = command_setting(command)
    return Asked(
        setting=setting,
        words=in_words(setting),
        by=command.requested_by,
        at=command.verified_at or command.requested_at,
        why=command.reason,
        command=command.pk,
        until=command.expires_at,
        timer_ends_at=timer_ends_at(command),
    )


def _approved(row: ApprovedSetting) -> Asked:
    setting = setting_of(
        row.function, is_enabled=row.is_enabled, value_w=row.value_w, kept=row.parameters
    )
    return Asked(
        setting=setting,
        words=in_words(setting),
        by=row.approved_by,
        at=row.approved_at,
        why=row.source,
    )


def _found(row: FoundSetting, at: datetime) -> Found:
    setting = setting_of(
        row.function, is_enabled=row.is_enabled, value_w=row.value_w, kept=row.parameters
    )
    return Found(
        setting=setting,
        words=in_words(setting),
        read_at=row.read_at,
        registers=row.registers,
        is_old=at - row.read_at > OLD_AFTER,
    )


def _verdict(asked: Asked | None, found: FoundSetting | None, at: datetime) -> tuple[str, str]:
    if found is None:
        return ("Not read yet", "wait") if asked else ("Not read yet", "idle")
    if found.differs_since is not None:
        return "Differs", "bad"
    if asked is None:
        return "Nothing asked", "off"
    if found.read_at < asked.at:
        return "Not read since", "wait"
    if at - found.read_at > OLD_AFTER:
        return "Agreed when last read", "warn"
    return "Agrees", "done"
