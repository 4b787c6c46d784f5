"""Which addresses a person may have the product call: ranges that are allowed, and some never."""

import ipaddress
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What answers here tells a cloud machine's own secrets to whoever asks from it.
METADATA = tuple(
    map(ipaddress.ip_network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32",
                               "100.100.100.200/32", "168.63.129.16/32"))
)  # fmt: skip


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Ranges like 10.0.0.0/8; raises ValueError naming the one that is none."""
    return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())


def may_be_called(address: str, allowed: Sequence[Network]) -> bool:
    """Whether this address lies in an allowed range and is none that is always refused."""
    found = _plain(address)
    if found is None or found.is_multicast or found.is_unspecified or found.is_link_local:
        return False
    return not _lies_in(found, METADATA) and _lies_in(found, allowed)


def _plain(address: str) -> Address | None:
    """The address without a scope; an IPv4 address inside an IPv6 one is what it is called for."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _lies_in(address: Address, ranges: Sequence[Network]) -> bool:
    return any(address.version == one.version and address in one for one in ranges)
