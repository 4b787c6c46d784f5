"""What the product says when it cannot do what was asked, free of any framework."""

from typing import ClassVar


class DermsError(Exception):
    """A refusal in words for the person who gets it; `facts` are for programs."""

    code: ClassVar[str] = "error"
    may_retry: ClassVar[bool] = False

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class Refused(DermsError):
    """A rule of the field says no."""

    code = "refused"


class InvalidInput(Refused):
    """Values that cannot be accepted, in words beside the field each belongs to."""

    code = "invalid_input"

    def __init__(self, message: str, *, fields: dict[str, list[str]], **facts: object) -> None:
        super().__init__(message, **facts)
        self.fields = fields


class NotFound(DermsError):
    """The thing asked for does not exist, or not for this person."""

    code = "not_found"


class Conflict(DermsError):
    """Someone else was first; look again and decide anew."""

    code = "conflict"


class Unavailable(DermsError):
    """A service or device does not answer now."""

    code = "unavailable"
    may_retry = True

    def __init__(self, message: str, *, retry_after_s: int = 5, **facts: object) -> None:
        super().__init__(message, **facts)
        self.retry_after_s = retry_after_s
