"""The columns of a device's commands as a file."""

from derms.lib.csv_export import Column
from devices.selectors.command_rows import CommandRow

COLUMNS: tuple[Column[CommandRow], ...] = (
    Column("command", lambda row: row.id),
    Column("requested_at", lambda row: row.requested_at),
    Column("requested_by", lambda row: row.requested_by),
    Column("function", lambda row: row.function),
    Column("asked", lambda row: row.words),
    Column("status", lambda row: row.status),
    Column("not_before", lambda row: row.not_before),
    Column("expires_at", lambda row: row.expires_at),
    Column("reversion_s", lambda row: row.reversion_s),
    Column("ramp_s", lambda row: row.ramp_s),
    Column("sent_at", lambda row: row.sent_at),
    Column("verified_at", lambda row: row.verified_at),
    Column("refreshed_at", lambda row: row.refreshed_at),
    Column("ended_at", lambda row: row.ended_at),
    Column("attempts", lambda row: row.attempts),
    Column("register_address", lambda row: row.address),
    Column("registers_written", lambda row: row.written),
    Column("registers_read_back", lambda row: row.read_back),
    Column("reason", lambda row: row.reason),
    Column("fault", lambda row: row.fault),
)
