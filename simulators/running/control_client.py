"""Asks a running fleet over its control socket; light enough for a quick command."""

import json
import socket
from typing import Any

from simulators.errors import FleetError
from simulators.fleet import Fleet

TIMEOUT_S = 5.0


def ask(fleet: Fleet, request: dict[str, Any]) -> Any:  # noqa: ANN401 - a JSON document
    """Send one request to the running fleet; raises FleetError when it refuses or is not there."""
    address = (fleet.control_host, fleet.control_port)
    try:
        with socket.create_connection(address, timeout=TIMEOUT_S) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = connection.makefile("rb").readline()
            answer = json.loads(line)
    except (OSError, ValueError) as error:
        raise FleetError(
            f"no fleet answers on {address[0]}:{address[1]} ({error}). "
            "Start it with: python -m simulators run FLEET"
        ) from error
    if not answer["ok"]:
        raise FleetError(answer["error"])
    return answer["result"]
