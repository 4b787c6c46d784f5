"""The register in a real browser: fleet list, import, keyboard, two themes, a small phone."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from derms.accounts.models import User
from derms.accounts.saved_views import keep_view
from devices.models import Device, FoundSetting, ImportRun
from devices.services import apply_list, check_list, find_differences
from devices.services.alarms import AlarmFact, raise_alarms
from tests.devices.many import make_fleet, make_premises
from tests.devices.register.lists import csv_file, row
from tests.devices.test_differences import says
from tests.devices.walking import walking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def as_worker(deed: Callable[..., object], **arguments: Any) -> None:
    """What a Celery worker does, in a thread: this one may not ask the database now."""

    def work() -> None:
        try:
            deed(at=timezone.now(), **arguments)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def drifting_fleet(at: datetime) -> list[Device]:
    devices = make_fleet(120, at)
    facts = [
        AlarmFact(kind="device_fault", priority=1 + n % 4, message="Fan stands still since the "
                  "storm of Tuesday night", device_id=device.pk)
        for n, device in enumerate(devices[:20:3])
    ]  # fmt: skip
    raise_alarms(facts, at=at)
    for device in devices[1:9:2]:
        FoundSetting.objects.create(
            device=device, function="volt_var", read_at=at, is_enabled=True, differs_since=at
        )
    return devices


def test_the_fleet_list_is_accessible_and_works_by_keyboard(
    live_server: Any, olga: User, otto: User
) -> None:
    at = timezone.now()
    drifting_fleet(at)
    keep_view(person=otto, list_name="operations_devices", name="Drifted", query="drift=yes",
              is_shared=True, at=at)  # fmt: skip

    with walking(live_server.url, olga) as walker:
        assert walker.look("/operations/devices/?drift=yes&columns=fault&columns=customer") == {}
        walker.open("/operations/devices/")
        walker.picture("fleet")
        page = walker.page

        page.keyboard.press("g")
        page.keyboard.press("1")
        expect(page.locator("tbody tr .link")).to_have_count(4)

        page.locator("#id_kind").select_option("battery")
        page.get_by_role("button", name="Show", exact=True).press("Enter")
        expect(page.get_by_text("No device matches")).to_be_visible()
        page.get_by_role("link", name="Clear", exact=True).click()

        page.get_by_text("Save this view").press("Enter")
        page.get_by_label("Name", exact=True).fill("Everything")
        page.keyboard.press("Enter")
        expect(page.get_by_text("The view “Everything” is kept for you.")).to_be_visible()
        assert walker.complaints == []


def six_rows(known: list[Device]) -> bytes:
    """Three new ones in a zone of their own, one changed, one to decide, one refused."""
    ders = make_premises(3)
    known_row = {"serial_number": known[0].serial_number, "manufacturer": known[0].manufacturer}
    alike = known[1].serial_number.replace("0", "O", 1)
    return csv_file(
        [
            *(
                row(serial_number=der.serial_number, manufacturer=der.manufacturer,
                    kind="inverter", meter_number=der.usage_point.meter_number,
                    host=f"10.9.0.{n + 1}", zone="g99")
                for n, der in enumerate(ders)
            ),
            row(**known_row, port="1502", poll_period_s="2"),
            row(serial_number=alike, manufacturer=known[1].manufacturer, port="1503"),
            row(serial_number="X1", manufacturer="Sol", kind="toaster", port="-1", host="a b"),
        ]
    )  # fmt: skip


def test_a_list_is_brought_looked_at_and_applied(live_server: Any, olga: User) -> None:
    at = timezone.now()
    known = make_fleet(3, at)
    content = six_rows(known)

    with walking(live_server.url, olga) as walker:
        page = walker.page
        assert walker.look("/operations/devices/imports/") == {}
        walker.picture("imports")
        page.set_input_files(
            "#id_file", {"name": "fleet.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.get_by_role("button", name="Check the list").click()
        expect(page.get_by_role("heading", name="Waiting to be read")).to_be_visible()
        path = page.url.removeprefix(walker.address)
        assert walker.look(path) == {}
        walker.picture("progress")

        number = int(path.rpartition("/")[2])
        as_worker(check_list, run_id=number)
        expect(page.get_by_role("button", name="Apply 4 rows")).to_be_visible()
        assert walker.look(path) == {}
        walker.picture("preview")

        page.get_by_label("Decision for line 6").select_option("same_keep")
        page.get_by_label("Apply line 3").uncheck()
        page.get_by_role("button", name="Keep these choices").press("Enter")
        page.get_by_role("button", name="Apply 4 rows").press("Enter")
        expect(page.get_by_role("heading", name="Being applied")).to_be_visible()

        as_worker(apply_list, run_id=number)
        expect(page.get_by_role("heading", name="What it changed")).to_be_visible()
        walker.picture("applied")
        assert walker.complaints == []

    assert ImportRun.objects.get().status == "applied"
    assert Device.objects.count() == 5
    assert Device.objects.get(pk=known[1].pk).port == 1503


def test_differences_are_seen_and_decided(live_server: Any, enzo: User) -> None:
    at = timezone.now()
    devices = make_fleet(12, at)
    for n, device in enumerate(devices):
        says(device, active_power_max_w=8_000.0 * (0.6 + 0.1 * n),
             apparent_power_max_va=8_000.0 * (1 + n % 3),
             identity={"model": "H8 rev. 2"} if n % 4 == 0 else None)  # fmt: skip
    find_differences(at=at, today=timezone.localdate(at))

    with walking(live_server.url, enzo) as walker:
        page = walker.page
        assert walker.look("/operations/devices/differences/") == {}
        walker.open("/operations/devices/differences/?sort=apart")
        walker.picture("differences")

        walker.open("/operations/devices/differences/?attribute=model")
        page.get_by_label(f"Model of {devices[0].serial_number}").check()
        page.get_by_role("button", name="Accept the device's value").press("Enter")
        expect(page.get_by_text("Say why").first).to_be_visible()
        expect(page.get_by_label(f"Model of {devices[0].serial_number}")).to_be_checked()
        assert walker.violations() == []
        page.get_by_label("Why", exact=True).fill("Second revision, read on site.")
        page.get_by_role("button", name="Accept the device's value").press("Enter")
        expect(page.get_by_text("The register is corrected in 1 place.")).to_be_visible()

        page.get_by_label(f"Model of {devices[4].serial_number}").check()
        page.get_by_label("Why", exact=True).fill("Look at the plate.")
        page.get_by_role("button", name="send somebody").press("Enter")
        expect(page.get_by_text("The register is kept.")).to_be_visible()
        assert walker.look("/operations/devices/differences/?status=all&attribute=model") == {}
        walker.open("/operations/devices/differences/?status=all&attribute=model")
        walker.picture("decided")
        assert walker.complaints == []

    assert Device.objects.get(pk=devices[0].pk).model == "H8 rev. 2"


def test_the_import_works_without_a_script(live_server: Any, olga: User) -> None:
    known = make_fleet(1, timezone.now())[0]
    content = csv_file(
        [row(serial_number=known.serial_number, manufacturer=known.manufacturer, port="1502")]
    )

    with walking(live_server.url, olga, java_script_enabled=False) as walker:
        page = walker.page
        walker.open("/operations/devices/imports/")
        page.set_input_files(
            "#id_file", {"name": "fleet.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.get_by_role("button", name="Check the list").click()
        number = int(page.url.rpartition("/")[2])
        as_worker(check_list, run_id=number)
        page.get_by_role("link", name="Look again").click()
        page.get_by_role("button", name="Apply 1 row").click()
        as_worker(apply_list, run_id=number)
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("heading", name="What it changed")).to_be_visible()

    known.refresh_from_db()
    assert known.port == 1502
