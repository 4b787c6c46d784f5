"""Deeds of the device floor."""

from devices.services.alarm_limits import remove_alarm_limit, set_alarm_limit
from devices.services.alarm_mails import send_alarm_mails
from devices.services.alarms import (
    acknowledge_alarm,
    acknowledge_alarms,
    raise_alarms,
    record_alarm,
    return_alarm,
)
from devices.services.applying import apply_list, ask_to_apply, continue_lists
from devices.services.commands import (
    Wish,
    cancel_commands,
    expire_commands,
    request_command,
    request_commands,
)
from devices.services.connection_limits import keep_connection_limits
from devices.services.differences import (
    accept_differences,
    find_differences,
    ignore_differences,
    send_somebody,
)
from devices.services.exporting import export_readings
from devices.services.findings import (
    declare_uncounted,
    dismiss_finding,
    tell_customer,
    withdraw_uncounted,
)
from devices.services.importing import (
    check_list,
    choose_rows,
    discard_list,
    receive_list,
    review_list,
)
from devices.services.offline import find_offline
from devices.services.orders import CommandOrder
from devices.services.output import watch_output
from devices.services.reading_files import FileReport, import_reading_file
from devices.services.readings import ReadingRow, import_readings
from devices.services.registration import register_device, retire_device
from devices.services.retention import keep_partitions
from devices.services.rolling import roll_up_readings, tidy_readings
from devices.services.settings import Setting, approve_settings
from devices.services.shelving import (
    shelve_alarm,
    shelve_alarms,
    unshelve_alarm,
    unshelve_alarms,
)
from devices.services.trouble import propose_visits
from devices.services.watching import watch_devices

__all__ = [
    "CommandOrder",
    "FileReport",
    "ReadingRow",
    "Setting",
    "Wish",
    "accept_differences",
    "acknowledge_alarm",
    "acknowledge_alarms",
    "apply_list",
    "approve_settings",
    "ask_to_apply",
    "cancel_commands",
    "check_list",
    "choose_rows",
    "continue_lists",
    "declare_uncounted",
    "discard_list",
    "dismiss_finding",
    "expire_commands",
    "export_readings",
    "find_differences",
    "find_offline",
    "ignore_differences",
    "import_reading_file",
    "import_readings",
    "keep_connection_limits",
    "keep_partitions",
    "propose_visits",
    "raise_alarms",
    "receive_list",
    "record_alarm",
    "register_device",
    "remove_alarm_limit",
    "request_command",
    "request_commands",
    "retire_device",
    "return_alarm",
    "review_list",
    "roll_up_readings",
    "send_alarm_mails",
    "send_somebody",
    "set_alarm_limit",
    "shelve_alarm",
    "shelve_alarms",
    "tell_customer",
    "tidy_readings",
    "unshelve_alarm",
    "unshelve_alarms",
    "watch_devices",
    "watch_output",
    "withdraw_uncounted",
]
