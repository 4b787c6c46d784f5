"""The one error people see: what is wrong, which one, what to do."""


class FleetError(Exception):
    """The description or the command cannot be used; the message says why and what to do."""
