"""Which addresses may be called (IC-6)."""

import pytest

from derms.lib.networks import may_be_called, networks

USUAL = networks(["10.0.0.0/8", "192.0.2.0/24", "fc00::/7"])
EVERYTHING = networks(["0.0.0.0/0", "::/0"])


@pytest.mark.parametrize("address", ["10.1.2.3", "192.0.2.9", "fd12::1", "::ffff:10.1.2.3"])
def test_what_lies_in_a_range_may_be_called(address: str) -> None:
    assert may_be_called(address, USUAL)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "11.0.0.1", "192.0.3.0", "127.0.0.1", "2001:db8::1", "::ffff:8.8.8.8"]
)
def test_what_lies_outside_may_not(address: str) -> None:
    assert not may_be_called(address, USUAL)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254",
        "100.100.100.200", "168.63.129.16", "::ffff:169.254.169.254", "::", "224.0.0.1",
        "no address",
    ],
)  # fmt: skip
def test_link_local_and_metadata_are_refused_even_where_everything_is_allowed(address: str) -> None:
    assert not may_be_called(address, EVERYTHING)


def test_a_range_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        networks(["10.0.0.1/8"])
