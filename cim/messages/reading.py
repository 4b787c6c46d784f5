"""Reading XML of others: no document types, no entities, limited in size, depth and number."""

import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

BYTES_MAX = 1_000_000
DEPTH_MAX = 40
ELEMENTS_MAX = 20_000
# Drafts and partners differ in the year only.
PROFILE = re.compile(r"^http://iec\.ch/TC57/\d{4}/(?P<profile>\w+?)(?:Message)?#?$")


class NotReadable(ValueError):
    """No message can be read from this; the message says why."""


def read(content: bytes) -> Element:
    """The root of a document; raises NotReadable."""
    if len(content) > BYTES_MAX:
        raise NotReadable(f"The message is larger than {BYTES_MAX} bytes.")
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as refusal:
        raise NotReadable("Document types and entities are not accepted.") from refusal
    except (ParseError, ValueError, LookupError) as error:
        raise NotReadable(f"This is no well-formed XML: {error}.") from error
    _check_shape(root)
    return root


def _check_shape(root: Element) -> None:
    count, open_elements = 0, [(root, 1)]
    while open_elements:
        element, depth = open_elements.pop()
        count += 1
        if depth > DEPTH_MAX or count > ELEMENTS_MAX:
            raise NotReadable("The message is nested too deeply or has too many elements.")
        open_elements += [(child, depth + 1) for child in element]


def local(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def profile_of(element: Element) -> str:
    """The profile that the namespace of an element names, such as ServiceOrders."""
    found = PROFILE.match(element.tag[1:].partition("}")[0]) if element.tag[:1] == "{" else None
    return found["profile"] if found else ""


def children(element: Element | None, name: str) -> Iterator[Element]:
    """By local name: partners use any prefix and any namespace for their parts."""
    if element is not None:
        yield from (child for child in element if local(child) == name)


def child(element: Element | None, name: str) -> Element | None:
    return next(children(element, name), None)


def text(element: Element | None, *path: str) -> str:
    """The text at the end of a path of local names; empty when there is none."""
    for name in path:
        element = child(element, name)
    return (element.text or "").strip() if element is not None else ""


def moment(element: Element | None, *path: str) -> datetime | None:
    """A date and time with its zone; raises NotReadable for another text, None when empty."""
    written = text(element, *path)
    if not written:
        return None
    try:
        read_moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise NotReadable(f"{path[-1]} is no date and time: {written[:40]}.") from error
    if read_moment.tzinfo is None:
        raise NotReadable(f"{path[-1]} has no time zone: {written[:40]}.")
    return read_moment
