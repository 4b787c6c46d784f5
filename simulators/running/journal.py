"""The simulators' own log, one JSON object a line: writes, reversions, faults, energy truth."""

import json
from pathlib import Path
from typing import IO, Any


class Journal:
    """Appends to a file; without a path it keeps nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._file: IO[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")

    @property
    def is_open(self) -> bool:
        return self._file is not None

    def record(self, t: float, event: str, **facts: Any) -> None:
        if self._file:
            row = {"t": round(t, 3), "event": event, **facts}
            self._file.write(json.dumps(row, separators=(",", ":")) + "\n")

    def flush(self) -> None:
        if self._file:
            self._file.flush()

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
