"""What devices said: history in daily partitions, and the latest state of each (DV-2, DV-4)."""

from django.db import models

from devices.models.device import Device

# In the order of COPY: column and PostgreSQL type, the device first.
READING_COLUMNS: tuple[tuple[str, str], ...] = (
    ("device_id", "int8"),
    ("measured_at", "timestamptz"),
    ("received_at", "timestamptz"),
    ("active_power_w", "float8"),
    ("reactive_power_var", "float8"),
    ("voltage_v", "float8"),
    ("frequency_hz", "float8"),
    ("energy_injected_wh", "float8"),
    ("energy_absorbed_wh", "float8"),
    ("state_of_charge_pct", "float8"),
    ("operating_state", "text"),
    ("alarm_bits", "int8"),
    ("quality", "text"),
    ("reason", "text"),
)
COPY_COLUMNS = ", ".join(name for name, _ in READING_COLUMNS)
COPY_TYPES = [kind for _, kind in READING_COLUMNS]


class ReadingValues(models.Model):
    """The values of one reading; what the device does not give is null."""

    measured_at = models.DateTimeField()
    received_at = models.DateTimeField()
    active_power_w = models.FloatField(null=True)
    reactive_power_var = models.FloatField(null=True)
    voltage_v = models.FloatField(null=True)
    frequency_hz = models.FloatField(null=True)
    energy_injected_wh = models.FloatField(null=True)
    energy_absorbed_wh = models.FloatField(null=True)
    state_of_charge_pct = models.FloatField(null=True)
    operating_state = models.TextField()
    alarm_bits = models.BigIntegerField(default=0)
    quality = models.TextField()
    reason = models.TextField(blank=True)

    class Meta:
        abstract = True


class Reading(ReadingValues):
    """One reading in the history.

    The table is made by hand in a migration: daily partitions, a BRIN index on the time, and no
    foreign key, whose check would cost more than storing the row.
    """

    pk = models.CompositePrimaryKey("device_id", "measured_at")
    device_id = models.BigIntegerField()
    # How long before `measured_at` the reading stands for, as a meter's file has it; null for a
    # value of the moment.
    interval_s = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "devices_reading"

    def __str__(self) -> str:
        return f"Device {self.device_id} at {self.measured_at}"


class LatestReading(ReadingValues):
    """The newest values of a device; `quality` and `reason` also tell when it stopped answering."""

    device = models.OneToOneField(Device, models.PROTECT, primary_key=True, related_name="latest")

    def __str__(self) -> str:
        return f"Latest of device {self.device_id}"
