"""Engineers bring network models in on pages: checked, looked at, accepted or rejected (IC-2)."""

import io
import zipfile
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import Bus, NetworkUpload, NetworkVersion
from interconnection.services import network_uploads as services
from interconnection.services.network_versions import import_network
from interconnection.services.watching import LEASE
from interconnection.statuses import UploadStatus
from tests.factories import make_person
from tests.interconnection.powerflow.test_import_opendss import FILES, MASTER
from tests.interconnection.services.test_network_versions import zipped

pytestmark = pytest.mark.django_db
BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;&a;&a;">]><rdf:RDF>&c;</rdf:RDF>'


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def send(client: Client, content: bytes, name: str = "town.zip") -> int:
    file = SimpleUploadedFile(name, content)
    answer = client.post(reverse("engineering_networks"), {"file": file, "name": "TOWN"})
    return answer.status_code


def checked(client: Client, files: dict[str, str]) -> NetworkUpload:
    assert send(client, zipped(files)) == 302
    return check_what_waits()


def check_what_waits() -> NetworkUpload:
    upload = services.take_next_upload(at=timezone.now(), worker="networks@here")
    assert upload is not None
    services.check_to_its_end(upload=upload, clock=timezone.now, worker="networks@here")
    return NetworkUpload.objects.get(pk=upload.pk)


def page(client: Client, upload: NetworkUpload) -> str:
    return client.get(reverse("engineering_network", args=[upload.pk])).content.decode()


def test_model_is_checked_looked_at_and_accepted_with_a_reason(engineer: Client) -> None:
    assert send(engineer, zipped(FILES)) == 302
    waits = page(engineer, NetworkUpload.objects.get())
    upload = check_what_waits()

    found = page(engineer, upload)
    without = engineer.post(reverse("engineering_network_accept", args=[upload.pk]))
    accepted = engineer.post(
        reverse("engineering_network_accept", args=[upload.pk]),
        {"reason": "As surveyed in May."},
        follow=True,
    ).content.decode()

    assert "Waits for a worker" in waits
    assert "It solves as it stands." in found
    assert "Lowest voltage" in found
    assert "capacity-map overlay" in found
    assert without.status_code == 422
    assert "Say why" in without.content.decode()
    assert "TOWN version 1 is in force." in accepted
    assert "As surveyed in May." in accepted
    assert NetworkVersion.objects.get().created_by == "enzo"
    assert Bus.objects.filter(feeder__name="TOWN").exists()


def test_differences_are_shown_by_class_by_name_and_in_the_picture(
    engineer: Client, at: datetime
) -> None:
    import_network(name="TOWN", file_name="town.zip", content=zipped(FILES), at=at, by="enzo",
                   is_dry_run=False)  # fmt: skip
    longer = MASTER.replace("length=1.5", "length=1.6").replace(
        "New Load.shop",
        "New Line.spur bus1=end bus2=tip linecode=three length=1\n"
        "New Load.mill phases=3 bus1=tip kv=12.47 kw=50\nNew Load.shop",
    )

    upload = checked(engineer, FILES | {"Master.dss": longer})

    found = page(engineer, upload)
    assert "Against TOWN version 1" in found
    assert '<path class="wire added"' in found
    assert '<path class="wire changed"' in found
    assert ">mill</th>" in found
    assert "length m" in found
    assert NetworkVersion.objects.count() == 1


def test_errors_name_file_and_line_and_such_a_model_cannot_be_accepted(engineer: Client) -> None:
    ring = "New Line.ring bus1=head bus2=end linecode=three length=1\nNew Capacitor"
    broken = MASTER.replace("New Capacitor", ring)
    line = broken[: broken.index("New Line.ring")].count("\n") + 1

    upload = checked(engineer, FILES | {"Master.dss": broken})
    found = page(engineer, upload)
    forced = engineer.post(
        reverse("engineering_network_accept", args=[upload.pk]), {"reason": "All the same."}
    )

    assert "Closes a loop" in found
    assert f'class="r num">{line}</td>' in found
    assert "cannot be used as it is" in found
    assert forced.status_code == 422
    assert not NetworkVersion.objects.exists()


def spoiled() -> bytes:
    """An archive whose contents do not unpack."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Master.dss", MASTER * 20)
    content = bytearray(whole.getvalue())
    content[60:90] = b"\xff" * 30
    return bytes(content)


def swollen() -> bytes:
    """Little to send, far too much to unpack."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("Master.dss", "!" * 210_000_000)
    return whole.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.exe", b"MZ", "bring a .dss or CIM .xml file"),
        ("town.zip", b"", "The file is empty."),
    ],
)
def test_what_is_no_model_is_refused_at_once(
    engineer: Client, name: str, content: bytes, words: str
) -> None:
    file = SimpleUploadedFile(name, content)
    answer = engineer.post(reverse("engineering_networks"), {"file": file, "name": "TOWN"})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not NetworkUpload.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("town.zip", b"PK but no archive", "no archive that can be read"),
        ("town.zip", spoiled(), "no archive that can be read"),
        ("town.zip", swollen(), "unpacks to too much"),
        ("town.zip", zipped({"readme.txt": "nothing"}), "0 files that begin a circuit"),
        ("town.dss", b"\x00\x01\x02 rubbish", "no command that describes a network"),
        ("town.dss", b"New Circuit.x\nredirect /etc/passwd", "is not in the archive"),
        ("town.xml", BOMB.encode(), "Document types and entities are not accepted"),
        ("town.xml", b"<html><body>Not CIM", "this is no CIM model"),
    ],
)
def test_rubbish_ends_in_words_and_changes_nothing(
    engineer: Client, name: str, content: bytes, words: str
) -> None:
    assert send(engineer, content, name) == 302

    upload = check_what_waits()

    assert words in page(engineer, upload)
    assert not upload.is_usable
    assert not NetworkVersion.objects.exists()


def test_of_two_engineers_the_second_is_told_that_it_is_decided(
    engineer: Client,
) -> None:
    upload = checked(engineer, FILES)
    other = Client()
    other.force_login(make_person("edda", Role.ENGINEER))

    engineer.post(reverse("engineering_network_reject", args=[upload.pk]), {"reason": "Too old."})
    late = other.post(
        reverse("engineering_network_accept", args=[upload.pk]), {"reason": "Looks right."}
    )

    assert late.status_code == 409
    assert "is rejected and cannot become accepted" in late.content.decode()
    assert not NetworkVersion.objects.exists()


def test_model_that_came_in_between_asks_for_another_look(engineer: Client, at: datetime) -> None:
    upload = checked(engineer, FILES)
    import_network(name="TOWN", file_name="town.zip", content=zipped(FILES), at=at, by="edda",
                   is_dry_run=False)  # fmt: skip

    stale = engineer.post(
        reverse("engineering_network_accept", args=[upload.pk]), {"reason": "Yes"}
    )
    engineer.post(reverse("engineering_network_again", args=[upload.pk]))
    anew = check_what_waits()

    assert stale.status_code == 409
    assert "TOWN version 1 came in after this was checked" in stale.content.decode()
    assert anew.status == UploadStatus.CHECKED
    assert "Against TOWN version 1" in page(engineer, anew)


def test_check_can_be_cancelled_and_a_second_file_waits_for_the_first(engineer: Client) -> None:
    send(engineer, zipped(FILES))
    upload = NetworkUpload.objects.get()

    second = engineer.post(
        reverse("engineering_networks"),
        {"file": SimpleUploadedFile("town.zip", zipped(FILES)), "name": "TOWN"},
    )
    engineer.post(reverse("engineering_network_cancel", args=[upload.pk]))

    assert second.status_code == 422
    assert "is being checked" in second.content.decode()
    assert "Cancelled by enzo" in page(engineer, upload)
    assert services.take_next_upload(at=timezone.now(), worker="networks@here") is None


def test_check_whose_worker_died_is_taken_up_again_and_given_up_after_three(
    engineer: Client, at: datetime
) -> None:
    send(engineer, zipped(FILES))
    for attempt in range(3):
        later = at + attempt * 2 * LEASE
        assert services.take_next_upload(at=later, worker="one") is not None
        assert services.take_next_upload(at=later, worker="another") is None

    assert services.take_next_upload(at=at + 10 * LEASE, worker="one") is None
    assert "went away 3 times" in page(engineer, NetworkUpload.objects.get())
