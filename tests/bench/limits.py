"""What the machine must allow for thousands of sockets."""

import resource


class TooFewFiles(Exception):
    """The machine does not let one process open as many sockets as the bench needs."""


def open_files(devices: int) -> int:
    """What the process of the devices needs: a listening and an accepted socket each, and more."""
    return 2 * devices + 1_200


def allow_open_files(wanted: int) -> None:
    """Raise the soft limit of open files as far as needed; raises TooFewFiles in words."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewFiles(
            f"{wanted} open files are needed and {hard} are the most allowed here (ulimit -Hn). "
            "Raise the hard limit, or measure fewer devices with --devices."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
