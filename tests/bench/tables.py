"""The bench's own database, emptied between measurements."""

from django.conf import settings
from django.db import connection
from django.utils import timezone

from devices.services import keep_partitions
from tests.devices.own_services import tables_are_empty


def empty_tables() -> None:
    """Empty everything, and have today's partition ready."""
    tables_are_empty()
    with connection.cursor() as cursor:
        cursor.execute("truncate devices_reading")
    keep_partitions(at=timezone.now(), keep_days=settings.READING_KEEP_DAYS)
