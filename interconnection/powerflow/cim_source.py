"""A CIM file (IEC 61970-552 RDF/XML) as a bag of objects with the lines they stand on (IC-2).

Safe for files of anybody: no document type, no entity, no network, bounded in size. Whatever
namespace, prefix or order a file has, an object is its class, its values by the name after the
dot, and the ids it names.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from interconnection.powerflow.fault import Fault

MOST_OBJECTS, LONGEST = 2_000_000, 2_000
OBJECT, VALUE = 2, 3  # how deep they stand
ENUMERATION = re.compile(r"^[A-Z]\w*\.\w+$")


@dataclass(slots=True)
class Thing:
    """One object: `values` holds text, ids and the last word of enumerations alike."""

    kind: str
    id: str
    line: int
    values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.values.get("name") or self.values.get("mRID") or self.id

    def number(self, key: str) -> float | None:
        """None where it is missing; raises ValueError for what is no finite number."""
        text = self.values.get(key, "").strip()
        if not text:
            return None
        value = float(text)
        if not abs(value) < 1e30:
            raise ValueError(f"{text} is no figure")
        return value

    def truth(self, key: str) -> bool | None:
        text = self.values.get(key, "").strip().lower()
        return text in {"true", "1"} if text else None


@dataclass(slots=True)
class Bag:
    """All objects of a file by class and by id; `asked` collects the classes that were of use."""

    things: dict[str, Thing] = field(default_factory=dict)
    kinds: dict[str, list[Thing]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def of(self, *kinds: str) -> Iterator[Thing]:
        for kind in kinds:
            self.asked.add(kind)
            yield from self.kinds.get(kind, ())

    def by(self, kind: str, key: str) -> dict[str, list[Thing]]:
        """The objects of a class grouped by the object that they name under `key`."""
        found: dict[str, list[Thing]] = {}
        for thing in self.of(kind):
            for one in thing.values.get(key, "").split():
                found.setdefault(one, []).append(thing)
        return found

    def named(self, thing: Thing, key: str) -> Thing | None:
        return next(iter(self.all_named(thing, key)), None)

    def all_named(self, thing: Thing, key: str) -> list[Thing]:
        """What it names under `key`: some may be named several times."""
        ids = thing.values.get(key, "").split()
        found = [self.things[one] for one in ids if one in self.things]
        self.asked.update(other.kind for other in found)
        return found

    def unused(self) -> Counter[str]:
        return Counter({k: len(v) for k, v in self.kinds.items() if k not in self.asked})


def parse(content: bytes, file: str) -> Bag:
    """Read as far as it can be read; what cannot comes back as faults with their lines."""
    bag = Bag()
    try:
        events = etree.iterparse(
            io.BytesIO(content), events=("start", "end"), resolve_entities=False, no_network=True,
            huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        _Collector(bag, file).collect(events)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        bag.faults.append(Fault(file, line, f"This is no well-formed XML: {error.msg}"[:300]))
    return bag


class _Collector:
    def __init__(self, bag: Bag, file: str) -> None:
        self._bag = bag
        self._file = file
        self._thing: Thing | None = None

    def collect(self, events: Iterator[tuple[str, etree._Element]]) -> None:
        depth = 0
        for event, element in events:
            if event == "start":
                depth += 1
                if depth == 1 and not self._is_welcome(element):
                    return
                if depth == OBJECT:
                    self._begin(element)
                continue
            if depth == VALUE:
                self._value(element)
            elif depth == OBJECT:
                self._end()
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]  # type: ignore[union-attr]
            depth -= 1
            if len(self._bag.things) > MOST_OBJECTS:
                self._fault(element, "The model is too large. Bring one feeder.")
                return

    def _is_welcome(self, root: etree._Element) -> bool:
        if root.getroottree().docinfo.doctype:  # type: ignore[attr-defined]  # not in the stubs
            self._fault(root, "Document types and entities are not accepted.")
            return False
        if _local(root) != "RDF":
            self._fault(root, f"The root is {_local(root)[:40]}, not RDF: this is no CIM model.")
            return False
        return True

    def _begin(self, element: etree._Element) -> None:
        own = next((v for k, v in element.attrib.items() if _after(str(k)) in {"ID", "about"}), "")
        self._thing = Thing(_local(element), _id(str(own)), _line(element))

    def _value(self, element: etree._Element) -> None:
        if self._thing is None:
            return
        resource = next((v for k, v in element.attrib.items() if _after(str(k)) == "resource"), "")
        text = _reference(str(resource)) if resource else (element.text or "").strip()
        if len(text) > LONGEST:
            self._fault(element, f"{_local(element)[:60]} is too long.")
            return
        key, values = _local(element).rpartition(".")[2], self._thing.values
        if resource and key in values:
            values[key] = f"{values[key]} {text}"
        elif not values.get(key):  # said twice, the first is meant: OpenDSS names g0ch b0ch
            values[key] = text

    def _end(self) -> None:
        thing, self._thing = self._thing, None
        if thing is None or not thing.id:
            return
        known = self._bag.things.get(thing.id)
        if known is None:
            self._bag.things[thing.id] = thing
            self._bag.kinds.setdefault(thing.kind, []).append(thing)
        elif known.kind == thing.kind and not known.values.keys() & thing.values.keys():
            known.values.update(thing.values)  # said in two places, as the format allows
        else:
            words = f"{thing.kind} {thing.name[:60]} has the id of line {known.line}."
            self._bag.faults.append(Fault(self._file, thing.line, words))

    def _fault(self, element: etree._Element, words: str) -> None:
        self._bag.faults.append(Fault(self._file, _line(element), words))


def _local(element: etree._Element) -> str:
    return _after(str(element.tag))


def _line(element: etree._Element) -> int:
    number: int | None = element.sourceline  # type: ignore[assignment]  # the stubs leave it open
    return number or 0


def _after(name: str) -> str:
    return name.rpartition("}")[2]


def _reference(resource: str) -> str:
    """`...#PhaseCode.A` is the word A; everything else is an id."""
    last = resource.rpartition("#")[2]
    if ENUMERATION.match(last) and not resource.startswith("#_"):
        return last.rpartition(".")[2]
    return _id(resource)


def _id(text: str) -> str:
    return text.rpartition("#")[2].removeprefix("urn:uuid:").lstrip("_").lower()
