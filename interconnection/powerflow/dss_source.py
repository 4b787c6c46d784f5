"""An OpenDSS model as text from somebody else: made one safe list of commands (IC-2).

A .dss file is a program: it can read and write files and start others. Only what describes a
network goes to the engine; files are taken from the archive given, never from the disk, whatever
the letter case in which they are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from interconnection.powerflow.fault import Fault

DEEPEST, MOST_COMMANDS, LONGEST = 20, 500_000, 200_000
ELEMENTS = frozenset(
    {
        "circuit", "line", "linecode", "linegeometry", "linespacing", "wiredata", "cndata",
        "tsdata", "transformer", "xfmrcode", "regcontrol", "capacitor", "capcontrol", "load",
        "generator", "pvsystem", "storage", "xycurve", "invcontrol", "vsource", "reactor",
        "swtcontrol",
    }
)  # fmt: skip
# They say nothing that a network model keeps.
LEFT_OUT = frozenset(
    {
        "loadshape", "growthshape", "tcc_curve", "tshape", "priceshape", "spectrum",
        "energymeter", "monitor", "sensor", "relay", "recloser", "fuse", "expcontrol",
        "storagecontroller", "gendispatcher", "espvlcontrol",
    }
)  # fmt: skip
VERBS = frozenset(
    {
        "new", "edit", "~", "more", "m", "batchedit", "open", "close", "enable", "disable",
    }
)  # fmt: skip
IGNORED = frozenset(
    {
        "clear", "clearall", "solve", "show", "export", "plot", "visualize", "closedi", "help",
        "about", "calcvoltagebases", "calcv", "makebuslist", "select", "interpolate", "save",
        "reset", "sample", "setkvbase", "?", "totals", "summary", "cleanup", "init",
        "finishtimestep", "var", "userclasses", "buslist", "formedit", "fileedit", "vdiff",
        "nodelist", "nodediff", "get", "uuids", "guids", "relcalc", "losses", "powers", "currents",
        "voltages", "capacity", "varvalues", "varnames", "setbusxy", "topology", "alignfile",
        "di_plot", "comparecases", "yearlycurves", "addbusmarker", "clearbusmarkers",
    }
)  # fmt: skip
SETTINGS = (
    "voltagebases", "defaultbasefrequency", "defaultbasefreq", "earthmodel", "loadmult",
)  # fmt: skip
FILE_PROPERTY = re.compile(r"\b(?:\w*file)\s*=", re.IGNORECASE)
FILE_ARRAY = re.compile(
    r"[(\[{\"']\s*(?:csv)?file\s*=\s*([^)\]}\"',]+?)\s*[)\]}\"']", re.IGNORECASE
)
PROFILE_PROPERTY = re.compile(
    r"\b(?:daily|yearly|duty|growth|spectrum|cvrcurve|seasons|ratings)\s*=\s*"
    r"(?:\"[^\"]*\"|'[^']*'|\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|\S+)",
    re.IGNORECASE,
)
UNITS = re.compile(r"\bunits\s*=\s*[\"'(\[{]*([a-z]+)", re.IGNORECASE)
# The engine knows a unit by its first two letters, and takes any other for none without a word.
KNOWN_UNITS = frozenset({"no", "mi", "kf", "km", "m", "me", "ft", "in", "cm", "mm"})
PROTECTIVE = {"recloser": "recloser", "fuse": "fuse", "relay": "breaker"}


@dataclass(frozen=True, slots=True)
class Command:
    """One command for the engine and where it stood."""

    file: str
    line: int
    text: str


@dataclass(slots=True)
class Script:
    """What came out; `protects` gives the kind of device on a line, lower case.

    `rated` are elements (`line.trunk`) whose ampacity somebody stated, `begun` where each begins.
    """

    commands: list[Command] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    coordinates: dict[str, tuple[float, float]] = field(default_factory=dict)
    protects: dict[str, str] = field(default_factory=dict)
    rated: set[str] = field(default_factory=set)
    begun: dict[str, Fault] = field(default_factory=dict)

    def place(self, element: str, otherwise: str) -> tuple[str, int]:
        """File and line of the command that makes `kind.name`."""
        for command in self.commands:
            verb, _, rest = command.text.partition(" ")
            if verb.lower() == "new" and _element_name(rest) == element.lower():
                return command.file, command.line
        return otherwise, 0


def flatten(files: Mapping[str, str], master: str) -> Script:
    """Inline every redirect of `master`; faults name file and line, and nothing is guessed."""
    script = Script()
    reader = _Reader({path.lower(): (path, text) for path, text in files.items()}, script)
    reader.read(master, Fault(master, 0, ""), depth=0)
    if not any(_is_circuit(command.text) for command in script.commands):
        script.faults.append(Fault(master, 0, "It has no `new circuit`: is this the master file?"))
    return script


def _is_circuit(text: str) -> bool:
    return bool(re.match(r"new\s+(object\s*=\s*)?[\"']?circuit\.", text, re.IGNORECASE))


class _Reader:
    def __init__(self, files: Mapping[str, tuple[str, str]], script: Script) -> None:
        self._files = files
        self._script = script
        self._skipping = False
        self._element_name = ""

    def read(self, path: str, asked: Fault, *, depth: int) -> None:
        found = self._files.get(path.lower())
        if found is None:
            words = f"The file {path} is not in the archive."
            self._script.faults.append(Fault(asked.file, asked.line, words))
            return
        if depth > DEEPEST:
            self._script.faults.append(Fault(asked.file, asked.line, "Files call one another."))
            return
        name, text = found
        for number, line in _lines(text):
            if len(self._script.commands) >= MOST_COMMANDS:
                self._script.faults.append(Fault(name, number, "The model is too large."))
                return
            self._command(name, number, line, depth)

    def _command(self, file: str, number: int, line: str, depth: int) -> None:
        verb, _, rest = line.partition(" ") if not line.startswith("~") else ("~", "", line[1:])
        verb, rest = verb.lower().strip(), rest.strip()
        here = Fault(file, number, "")
        if len(line) > LONGEST:
            self._refuse(here, "The line is too long.")
        elif verb in {"redirect", "compile"}:
            self.read(_beside(file, _bare(rest)), here, depth=depth + 1)
        elif verb in {"buscoords", "latlongcoords"}:
            self._coordinates(_beside(file, _bare(rest)), here)
        elif verb == "set":
            self._set(here, rest)
        elif verb in VERBS:
            self._element(here, verb, rest)
        elif ("=" in line and verb.count(".") >= 2) or (verb.count(".") == 1 and "=" in rest):
            self._element(here, "", line)
        elif verb not in IGNORED:
            self._refuse(here, f"{verb[:40]} is no command that describes a network.")

    def _element(self, here: Fault, verb: str, rest: str) -> None:
        goes_on = verb in {"~", "more", "m"}
        if not goes_on:
            kind = _kind(rest)
            self._element_name = _element_name(rest)
            self._skipping = kind in LEFT_OUT
            if kind in PROTECTIVE:
                self._note_protection(kind, rest)
            if not self._skipping and kind not in ELEMENTS:
                self._refuse(here, f"{kind[:40] or 'This'} is not supported in an import.")
                self._skipping = True
        if self._skipping:
            if goes_on:
                self._note_protection("", rest)
            return
        rest = FILE_ARRAY.sub(partial(self._numbers, here), rest)
        if unfit := _unfit(rest):
            self._refuse(here, unfit)
            return
        if verb == "new":
            self._script.begun.setdefault(self._element_name, here)
        if "normamps" in rest.lower():
            self._script.rated.add(self._element_name)
        text = PROFILE_PROPERTY.sub("", rest)
        self._script.commands.append(Command(here.file, here.line, f"{verb} {text}".strip()))

    def _numbers(self, here: Fault, found: re.Match[str]) -> str:
        """The numbers of a file of the archive in the place where it is named."""
        path = _beside(here.file, _bare(found.group(1)))
        known = self._files.get(path.lower())
        if known is None:
            return found.group(0)
        rows = [re.split(r"[,\s]+", line.strip(", ")) for _, line in _lines(known[1])]
        try:
            texts = [" ".join(repr(float(one)) for one in row) for row in rows]
        except ValueError:
            return found.group(0)
        return f"[{('|' if any(len(row) > 1 for row in rows) else ' ').join(texts)}]"

    def _note_protection(self, kind: str, rest: str) -> None:
        monitored = re.search(r"monitoredobj\s*=\s*\"?line\.([^\s\"]+)", rest, re.IGNORECASE)
        if monitored:
            self._script.protects[monitored.group(1).lower()] = PROTECTIVE.get(kind, "recloser")

    def _set(self, here: Fault, rest: str) -> None:
        name = rest.partition("=")[0].strip().lower()
        if any(setting.startswith(name) and len(name) > 6 for setting in SETTINGS):
            self._script.commands.append(Command(here.file, here.line, f"set {rest}"))
        else:
            self._script.notes.append(
                Fault(here.file, here.line, f"The option {name[:40]} is left out.")
            )

    def _coordinates(self, path: str, here: Fault) -> None:
        found = self._files.get(path.lower())
        if found is None:
            self._refuse(here, f"The file {path} is not in the archive.")
            return
        for number, line in _lines(found[1]):
            words = re.split(r"[,\s]+", line.strip())
            try:
                self._script.coordinates[words[0].strip('"').lower()] = (
                    float(words[1]), float(words[2]),
                )  # fmt: skip
            except (IndexError, ValueError):
                self._script.notes.append(Fault(found[0], number, "No coordinates in this line."))

    def _refuse(self, here: Fault, words: str) -> None:
        self._script.faults.append(Fault(here.file, here.line, words))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something in them, comments off, with their numbers."""
    in_block = False
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().lstrip("\ufeff")
        if in_block or line.startswith("/*"):
            in_block = "*/" not in line
            continue
        line = _without_comment(line).strip()
        if line:
            yield number, line.replace("\t", " ")


def _without_comment(line: str) -> str:
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "!" or line.startswith("//", at):
            return line[:at]
    return line


def _unfit(rest: str) -> str:
    """Why the properties of an element are not taken; empty when they are."""
    if FILE_PROPERTY.search(rest):
        return "Properties that read files are not taken."
    for unit in UNITS.findall(rest):
        if unit.lower()[:2] not in KNOWN_UNITS:
            return f"{unit[:20]} is no unit of length that is known."
    return ""


def _kind(rest: str) -> str:
    found = re.match(r"(?:object\s*=\s*)?[\"'(\[]?([a-z_]\w*)\s*\.", rest, re.IGNORECASE)
    if found:
        return found.group(1).lower()
    return rest.split(" ", 1)[0].lower()


def _element_name(rest: str) -> str:
    found = re.match(r"(?:object\s*=\s*)?[\"'(\[]?([a-z_]\w*\.[^\s\"'.=]+)", rest, re.IGNORECASE)
    return found.group(1).lower() if found else ""


def _bare(rest: str) -> str:
    name = re.sub(r"^file\s*=\s*", "", rest.strip(), flags=re.IGNORECASE)
    return name.strip("\"'()[]{} ").replace("\\", "/")


def _beside(file: str, name: str) -> str:
    """A path inside the archive; what climbs out of it simply is not found."""
    parts: list[str] = []
    for part in (PurePosixPath(file).parent / name).parts:
        if part == "..":
            parts = parts[:-1]
        elif part not in {".", "/"}:
            parts.append(part)
    return "/".join(parts)
