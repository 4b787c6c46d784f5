"""Where a live test may call: inside the ranges that the utility allows, nowhere else (IC-6)."""

import socket

from django.conf import settings

from derms.lib.errors import InvalidInput
from derms.lib.networks import may_be_called, networks


class AddressNotAllowed(InvalidInput):
    """A device is never looked for there."""

    code = "address_not_allowed"


def address_to_call(host: str, port: int) -> str:
    """The address to connect to; a name is looked up once, so that it cannot change in between.

    Raises AddressNotAllowed when it, or any address of the name, lies outside of the ranges.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refused(f"Nobody knows the address of {host}. Enter it in figures.") from error
    addresses = [str(one[4][0]) for one in found]
    allowed = networks(settings.LIVE_TEST_NETWORKS)
    if not addresses or not all(may_be_called(one, allowed) for one in addresses):
        raise _refused(
            f"{host} lies outside of the networks where devices are tested. Check the address; "
            "if it is right, an administrator adds its range to DERMS_LIVE_TEST_NETWORKS."
        )
    return addresses[0]


def _refused(words: str) -> AddressNotAllowed:
    return AddressNotAllowed(words, fields={"host": [words]})
