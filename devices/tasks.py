"""Bells and clocks of the device floor; what to do stands in rows."""

import time
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from devices import gateway, services

# A task may take 25 s; a day of some thousand systems, begun at the last moment, takes several.
WORK_S = 12.0


@shared_task(name="devices.tasks.commands_waiting")
def commands_waiting(*, zone: str, **_: Any) -> None:
    """Runs in the gateway worker that serves the zone: its loop looks at once."""
    gateway.ring(zone)


@shared_task(name="devices.tasks.configuration_changed")
def configuration_changed(*, zone: str, **_: Any) -> None:
    """Runs in the gateway worker that serves the zone: its loop reads its devices again."""
    gateway.ring(zone, devices_changed=True)


@shared_task(name="devices.tasks.watch_devices")
def watch_devices(**_: Any) -> None:
    services.watch_devices(at=timezone.now())


@shared_task(name="devices.tasks.send_alarm_mails")
def send_alarm_mails(**_: Any) -> None:
    services.send_alarm_mails(at=timezone.now())


@shared_task(name="devices.tasks.keep_partitions")
def keep_partitions(**_: Any) -> None:
    services.keep_partitions(at=timezone.now(), keep_days=settings.READING_KEEP_DAYS)


@shared_task(name="devices.tasks.check_list")
def check_list(*, run: int, **_: Any) -> None:
    services.check_list(run_id=run, at=timezone.now())


@shared_task(name="devices.tasks.apply_list")
def apply_list(*, run: int, **_: Any) -> None:
    services.apply_list(run_id=run, at=timezone.now())


@shared_task(name="devices.tasks.continue_lists")
def continue_lists(**_: Any) -> None:
    """Take up the lists whose bell or whose worker was lost."""
    services.continue_lists(at=timezone.now())


@shared_task(name="devices.tasks.roll_up_readings")
def roll_up_readings(**_: Any) -> None:
    services.roll_up_readings(at=timezone.now())


@shared_task(name="devices.tasks.find_differences")
def find_differences(**_: Any) -> None:
    at = timezone.now()
    services.find_differences(at=at, today=timezone.localdate(at))


@shared_task(name="devices.tasks.tidy_readings")
def tidy_readings(**_: Any) -> None:
    services.tidy_readings()


@shared_task(name="devices.tasks.propose_visits")
def propose_visits(**_: Any) -> None:
    """Lasting trouble becomes one proposed visit for each device."""
    services.propose_visits(at=timezone.now())


@shared_task(name="devices.tasks.watch_output")
def watch_output(**_: Any) -> None:
    """What PV systems gave on the days that are complete; nothing to do most of the time."""
    until = time.monotonic() + WORK_S
    services.watch_output(at=timezone.now(), has_time=lambda: time.monotonic() < until)


@shared_task(name="devices.tasks.find_offline")
def find_offline(**_: Any) -> None:
    services.find_offline(at=timezone.now())


@shared_task(name="devices.tasks.keep_connection_limits")
def keep_connection_limits(**_: Any) -> None:
    """Several times a minute: when the hour changes the limit, its devices are asked at once."""
    services.keep_connection_limits(at=timezone.now())
