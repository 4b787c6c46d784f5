"""The envelope of IEC 61968-100: header, request, reply, payload (cim §2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from cim.messages.reading import NotReadable, child, children, local, read, text

MESSAGE = "http://iec.ch/TC57/2011/schema/message"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
GENERIC = frozenset({"RequestMessage", "EventMessage", "Message"})
register_namespace("msg", MESSAGE)
register_namespace("soap", SOAP)


class Outcome(StrEnum):
    """How a request ended."""

    OK = "OK"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True)
class Header:
    """Who says what about which noun; `correlation_id` is what a reply repeats."""

    verb: str
    noun: str
    message_id: str = ""
    correlation_id: str = ""
    source: str = ""

    @property
    def reply_to(self) -> str:
        """Partners correlate on either: the correlation id first, else the message id."""
        return self.correlation_id or self.message_id


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message that came in; `is_soap` and `root` say how the answer must be wrapped."""

    header: Header
    request: Element | None
    payload: Element | None
    is_soap: bool
    root: str


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One error of a reply: a code of Part 100, words, and the name of the culprit."""

    code: str
    details: str
    name: str = ""
    object_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered."""

    outcome: Outcome
    faults: Sequence[Fault] = field(default=())
    payload: Element | None = None


def read_message(root: Element) -> Message:
    """A generic message, or a typed one named after its verb and noun, bare or in SOAP.

    Raises NotReadable when there is no header with a verb and a noun.
    """
    is_soap = local(root) == "Envelope"
    if is_soap:
        body = child(root, "Body")
        inside = list(body) if body is not None else []
        if len(inside) != 1:
            raise NotReadable("A SOAP body must hold one message.")
        root = inside[0]
    header = child(root, "Header")
    verb, noun = text(header, "Verb").lower(), text(header, "Noun")
    if not verb or not noun:
        raise NotReadable("Header, Verb and Noun are needed.")
    return Message(
        header=Header(
            verb=verb,
            noun=noun,
            message_id=text(header, "MessageID"),
            correlation_id=text(header, "CorrelationID"),
            source=text(header, "Source"),
        ),
        request=child(root, "Request"),
        payload=child(root, "Payload"),
        is_soap=is_soap,
        root=local(root),
    )


def write_reply(message: Message, reply: Reply, *, message_id: str, at: datetime) -> bytes:
    """A ResponseMessage that repeats what the request correlates on."""
    root = Element(_msg("ResponseMessage"))
    header = SubElement(root, _msg("Header"))
    _add(header, "Verb", "reply")
    _add(header, "Noun", message.header.noun)
    _add(header, "Timestamp", stamp(at))
    _add(header, "MessageID", message_id)
    _add(header, "CorrelationID", message.header.reply_to)
    root.append(_reply(reply))
    if reply.payload is not None:
        SubElement(root, _msg("Payload")).append(reply.payload)
    return _written(root, is_soap=message.is_soap)


def write_request(
    *, verb: str, noun: str, payload: Element, message_id: str, source: str, at: datetime
) -> bytes:
    """A RequestMessage of ours."""
    root = Element(_msg("RequestMessage"))
    header = SubElement(root, _msg("Header"))
    for name, words in (
        ("Verb", verb), ("Noun", noun), ("Timestamp", stamp(at)), ("Source", source),
        ("AckRequired", "true"), ("MessageID", message_id), ("CorrelationID", message_id),
    ):  # fmt: skip
        _add(header, name, words)
    SubElement(root, _msg("Payload")).append(payload)
    return _written(root, is_soap=False)


def read_result(content: bytes) -> str:
    """What a reply says in Reply/Result; empty for an answer that is none."""
    try:
        root = read(content)
    except NotReadable:
        return ""
    if local(root) == "Envelope":
        body = child(root, "Body")
        root = next(iter(body), root) if body is not None else root
    return text(child(root, "Reply"), "Result").upper()


def write_fault(words: str, *, code: str = "1.8") -> bytes:
    """A FaultMessage: the request could not be read at all."""
    root = Element(_msg("FaultMessage"))
    root.append(_reply(Reply(outcome=Outcome.FAILED, faults=[Fault(code=code, details=words)])))
    return _written(root, is_soap=False)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def names_in(element: Element | None) -> list[str]:
    """Every name under `Names`, and `ID`, of one object that is asked for."""
    named = [text(names, "name") for names in children(element, "Names")]
    return [name for name in named if name]


def _reply(reply: Reply) -> Element:
    written = Element(_msg("Reply"))
    _add(written, "Result", reply.outcome)
    faults = reply.faults or ([Fault(code="0.0", details="")] if reply.outcome == "OK" else [])
    for fault in faults:
        error = SubElement(written, _msg("Error"))
        _add(error, "code", fault.code)
        _add(error, "level", "INFORM" if fault.code == "0.0" else "FATAL")
        if fault.details:
            _add(error, "details", fault.details)
        if fault.name:
            identity = SubElement(error, _msg("ID"), kind="name", objectType=fault.object_type)
            identity.text = fault.name
    return written


def _written(root: Element, *, is_soap: bool) -> bytes:
    if is_soap:
        envelope = Element(f"{{{SOAP}}}Envelope")
        SubElement(envelope, f"{{{SOAP}}}Body").append(root)
        root = envelope
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _msg(name: str) -> str:
    return f"{{{MESSAGE}}}{name}"


def _add(parent: Element, name: str, words: str) -> None:
    SubElement(parent, _msg(name)).text = words
