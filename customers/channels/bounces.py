"""Reading what a mail system sends back when a mail could not be delivered (RFC 3464)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message

OURS = re.compile(r"<notice-(\d{1,18})@[^>]+>")
SIZE_MAX = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """Which notice came back, and why in the mail system's words."""

    notice_id: int
    words: str


def read_bounce(content: bytes) -> Bounce | None:
    """None when it is no report of a failed delivery of a notice of ours."""
    report = message_from_bytes(content[:SIZE_MAX], policy=policy.compat32)
    if report.get_content_type() != "multipart/report":
        return None
    parts = list(report.walk())
    fields = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    blocks = [block for part in fields for block in _blocks(part)]
    failed = next((one for one in blocks if str(one["Action"] or "").strip() == "failed"), None)
    found = OURS.search(_original_id(parts))
    if failed is None or found is None:
        return None
    said = failed["Diagnostic-Code"] or failed["Status"] or "no reason given"
    reason = " ".join(str(said).partition(";")[2].split() or str(said).split())
    return Bounce(notice_id=int(found[1]), words=f"The mail came back: {reason[:300].rstrip('.')}.")


def _blocks(part: Message) -> list[Message]:
    blocks = part.get_payload()
    return [one for one in blocks if isinstance(one, Message)] if isinstance(blocks, list) else []


def _original_id(parts: list[Message]) -> str:
    """The message id of what was sent: in the mail that is attached, or in its headers alone."""
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                return str(inner[0]["Message-ID"] or "")
        if part.get_content_type() == "text/rfc822-headers":
            return str(part.get_payload())
    return ""
