"""Keys with which programs act for people: made, found, used, revoked (IX-2, OP-1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from derms.accounts.models import ApiToken, TokenStatus, User
from derms.lib.errors import InvalidInput, Refused
from derms.lib.keys import digest_of, new_key

READ = "read"
# A scope that changes something bears the name of the room whose operations it opens.
SCOPES: dict[str, str] = {
    READ: "Read what its owner may see",
    "customers": "Make and answer requests, orders and works",
    "interconnection": "File and change applications, and decide on them",
    "devices": "Alarms and commands of single devices",
    "groups": "Ask for groups, approve and dissolve them",
    "dispatch": "Dispatch groups",
    "cim": "Send messages of IEC 61968",
}
DAYS_MAX = 366
ACTIVE_MAX = 20
PREFIX = "derms_"
USED_EVERY = timedelta(minutes=1)


class TooManyTokens(Refused):
    """A person holds as many as anybody may."""

    code = "too_many_tokens"


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token with its key, which nobody sees again."""

    token: ApiToken
    key: str


def create_token(
    *, owner: User, name: str, scopes: Collection[str], days: int, at: datetime
) -> NewToken:
    """Make a token for some days. Raises InvalidInput beside the field, TooManyTokens."""
    wrong: dict[str, list[str]] = {}
    if not name.strip():
        wrong["name"] = ["Name the program that uses it."]
    if not scopes or set(scopes) - SCOPES.keys():
        wrong["scopes"] = ["Choose what it may do."]
    if not 1 <= days <= DAYS_MAX:
        wrong["days"] = [f"Choose 1 to {DAYS_MAX} days."]
    if wrong:
        raise InvalidInput("The token was not made.", fields=wrong)
    key = new_key(PREFIX)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        if usable(at).filter(owner=owner).count() >= ACTIVE_MAX:
            raise TooManyTokens(f"You hold {ACTIVE_MAX} tokens. Revoke one first.")
        token = ApiToken.objects.create(
            owner=owner,
            name=name.strip()[:60],
            key_start=key[:12],
            key_sha256=digest_of(key),
            scopes=sorted(set(scopes)),
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
        token.status_changes.create(
            old_status="", new_status=token.status, at=at, by=owner.get_username(), reason=name
        )
    return NewToken(token=token, key=key)


def find_token(*, key: str, at: datetime) -> ApiToken | None:
    """The token of a key that opens something now; None for any other."""
    found = usable(at).filter(key_sha256=digest_of(key), owner__is_active=True)
    return found.select_related("owner").first()


def note_use(*, token: ApiToken, address: str | None, at: datetime) -> None:
    """Write down when and from where it was last used, once a minute at most."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=at - USED_EVERY)
    if token.last_used_at is None or token.last_used_at < at - USED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=at, last_used_from=address)


def revoke_token(*, token: ApiToken, at: datetime, by: str, reason: str = "") -> ApiToken:
    """It opens nothing from now on."""
    return token.move(TokenStatus.REVOKED, at=at, by=by, reason=reason)


def tokens_of(owners: Collection[User]) -> QuerySet[ApiToken]:
    """Newest first."""
    found = ApiToken.objects.filter(owner__in=owners).select_related("owner")
    return found.order_by("-created_at", "-pk")


def usable(at: datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(status=TokenStatus.ACTIVE, expires_at__gt=at)


def may_use(token: ApiToken, *, room: str, is_read: bool) -> bool:
    """Whether a token's scopes cover an operation of one room."""
    return (READ if is_read else room) in token.scopes
