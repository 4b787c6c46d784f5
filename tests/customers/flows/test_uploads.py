"""What may be uploaded: content, size, name (CS-4)."""

import pytest

from customers.flows.uploads import SIZE_MAX, NotAccepted, check_upload, plain_name

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


@pytest.mark.parametrize(
    ("name", "content", "kept", "kind"),
    [
        ("meter.png", PNG, "meter.png", "image/png"),
        ("IMG 0001.JPG", JPEG, "IMG 0001.JPG", "image/jpeg"),
        ("../../etc/plan.pdf", b"%PDF-1.7\n...", "plan.pdf", "application/pdf"),
        ("C:\\photos\\<roof>.webp", b"RIFF1234WEBPVP8 ", "_roof_.webp", "image/webp"),
        ("phone.heic", b"\0\0\0\x18ftypheic...", "phone.heic", "image/heic"),
    ],
)
def test_pictures_and_documents_are_kept_under_a_plain_name(
    name: str, content: bytes, kept: str, kind: str
) -> None:
    upload = check_upload(name=name, content=content)

    assert (upload.name, upload.content_type) == (kept, kind)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.png", b"", "is empty"),
        ("a.png", PNG + b"\0" * SIZE_MAX, "larger than 10 MB"),
        ("a.png", b"<svg onload=alert(1)>", "no PDF, JPEG"),
        ("run.exe", b"MZ\x90", "no PDF, JPEG"),
        ("page.html", PNG, "is named .html but holds PNG"),
        ("photo", PNG, "is named"),
    ],
)
def test_everything_else_is_refused_in_words(name: str, content: bytes, words: str) -> None:
    with pytest.raises(NotAccepted, match=words):
        check_upload(name=name, content=content)


def test_a_long_name_keeps_its_ending() -> None:
    assert plain_name("x" * 300 + ".pdf") == "x" * 96 + ".pdf"
