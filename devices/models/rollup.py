"""What is kept of readings in the long run: roll-ups, how far they are, what came late (DV-4)."""

from enum import StrEnum

from django.db import models
from django.db.models.functions import Now

# The columns of all three tables after the device and the beginning.
ROLLUP_COLUMNS: tuple[str, ...] = (
    "covered_s", "count", "good_count",
    "power_mean_w", "power_min_w", "power_max_w", "reactive_power_mean_var",
    "voltage_min_v", "voltage_mean_v", "voltage_max_v", "state_of_charge_last_pct",
    "energy_injected_wh", "energy_absorbed_wh", "is_injected_counted", "is_absorbed_counted",
    "silent_from", "silent_to", "silent_injected_wh", "silent_absorbed_wh", "silent_power_w",
)  # fmt: skip
# A reading that is older when it is stored leaves a `LateSpan` in the same transaction.
LATE_S = 20


class Resolution(StrEnum):
    """How finely the past is told."""

    RAW = "raw"
    MINUTE = "1min"
    QUARTER_HOUR = "15min"
    DAY = "day"


class Rollup(models.Model):
    """One device in one interval; what was not measured is null, never a line through a hole.

    `covered_s` is the time between readings that follow each other closely enough. Energies are
    the device's own counters where `is_..._counted`, else power over time. `silent_...` is a
    silence that ended in this interval and began before it: its energy is known and counts in the
    first longer interval that holds all of it. `silent_power_w` is null when it was a gap.
    """

    pk = models.CompositePrimaryKey("device_id", "begins_at")
    device_id = models.BigIntegerField()
    begins_at = models.DateTimeField()
    covered_s = models.FloatField()
    count = models.IntegerField()
    good_count = models.IntegerField()
    power_mean_w = models.FloatField(null=True)
    power_min_w = models.FloatField(null=True)
    power_max_w = models.FloatField(null=True)
    reactive_power_mean_var = models.FloatField(null=True)
    voltage_min_v = models.FloatField(null=True)
    voltage_mean_v = models.FloatField(null=True)
    voltage_max_v = models.FloatField(null=True)
    state_of_charge_last_pct = models.FloatField(null=True)
    energy_injected_wh = models.FloatField(null=True)
    energy_absorbed_wh = models.FloatField(null=True)
    is_injected_counted = models.BooleanField(null=True)
    is_absorbed_counted = models.BooleanField(null=True)
    silent_from = models.DateTimeField(null=True)
    silent_to = models.DateTimeField(null=True)
    silent_injected_wh = models.FloatField(null=True)
    silent_absorbed_wh = models.FloatField(null=True)
    silent_power_w = models.FloatField(null=True)

    class Meta:
        abstract = True


class MinuteRollup(Rollup):
    """A minute; one partition a day."""

    class Meta:
        managed = False
        db_table = "devices_rollup_minute"

    def __str__(self) -> str:
        return f"Device {self.device_id}, minute {self.begins_at}"


class QuarterHourRollup(Rollup):
    """A quarter of an hour; one partition a month."""

    class Meta:
        managed = False
        db_table = "devices_rollup_quarter_hour"

    def __str__(self) -> str:
        return f"Device {self.device_id}, quarter of an hour {self.begins_at}"


class DayRollup(Rollup):
    """A day where the utility is, 23 to 25 hours long; one partition a month."""

    class Meta:
        managed = False
        db_table = "devices_rollup_day"

    def __str__(self) -> str:
        return f"Device {self.device_id}, day {self.begins_at}"


class HistoryProgress(models.Model):
    """How far one part of the history's upkeep has come; together the rows are its lock."""

    class Part(models.TextChoices):
        """What is kept up, and what `done_until` means for it."""

        # Before it every reading is stored or noted as late.
        COMPLETE = "complete", "readings complete"
        MINUTE = "minute", "rolled up to minutes"
        QUARTER_HOUR = "quarter_hour", "rolled up to quarters of an hour"
        DAY = "day", "rolled up to days"
        STRIP = "strip", "laid side by side for sums"
        TIDY = "tidy", "readings put in order"
        RAW_DROPPED = "raw_dropped", "readings dropped"

    part = models.CharField(max_length=16, choices=Part.choices, primary_key=True)
    begun_at = models.DateTimeField(null=True)
    done_until = models.DateTimeField(null=True)
    # Devices up to this one are done of the day that begins at `done_until`.
    done_device_id = models.BigIntegerField(default=0)
    # Days are those of this zone.
    zone = models.CharField(max_length=64, blank=True)
    # When somebody last looked, and the transaction that did.
    seen_at = models.DateTimeField(null=True)
    seen_xid = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.get_part_display()} until {self.done_until}"


class ChangedSpan(models.Model):
    """A device's past that says something else since it was added up; whoever told of it looks."""

    device_id = models.BigIntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    noted_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return f"Device {self.device_id} from {self.from_at} to {self.to_at} changed"


class LateSpan(models.Model):
    """Readings of a device that came after their intervals may have been rolled up."""

    device_id = models.BigIntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Device {self.device_id} from {self.from_at} to {self.to_at}"
