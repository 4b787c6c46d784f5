"""People whom a customer lets into her account: invited by mail, accepted, ended (ui P7)."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from customers.models import AccountAccess, Customer
from customers.services.letters import queue_letter
from customers.services.notices import queue_notice
from derms.accounts.models import RoleGrant, User
from derms.accounts.roles import STAFF_ROLES, Role
from derms.lib.days import midnight
from derms.lib.errors import Conflict, InvalidInput, NotFound, Refused
from derms.lib.keys import digest_of, new_key

INVITATION_LASTS = timedelta(days=7)
OPEN_MAX = 20


class NotForThisPerson(Refused):
    """This sign-in cannot use the invitation."""

    code = "not_for_this_person"


def invite(
    *,
    customer: Customer,
    name: str,
    email: str,
    may_act: bool,
    last_day: date | None,
    at: datetime,
    by: str,
) -> AccountAccess:
    """Send a mail with a link that opens the account once accepted; it lasts seven days.

    Raises InvalidInput for a day that is over or an address that is in already.
    """
    email = email.strip().lower()
    wrong: dict[str, list[str]] = {}
    if last_day is not None and last_day < timezone.localdate(at):
        wrong["last_day"] = ["This day is over. Choose today or a later day."]
    opened = AccountAccess.objects.filter(customer=customer, ended_at=None)
    if opened.filter(email=email).exists():
        wrong["email"] = ["This address has been invited already. End that first."]
    if wrong:
        raise InvalidInput("The invitation was not sent.", fields=wrong)
    key = new_key()
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)
        if opened.count() >= OPEN_MAX:
            raise Refused(f"{OPEN_MAX} people have access already. End one first.")
        made = AccountAccess.objects.create(
            customer=customer,
            name=name.strip(),
            email=email,
            may_act=may_act,
            invited_at=at,
            invited_by=by,
            key_sha256=digest_of(key),
            invitation_ends_at=at + INVITATION_LASTS,
            active_to=midnight(last_day + timedelta(days=1)) if last_day else None,
        )
        _send_invitation(made, key, at=at)
    return made


def find_invitation(*, key: str, at: datetime) -> AccountAccess:
    """The open invitation of a key. Raises NotFound when it was used, ended or is too old."""
    found = (
        AccountAccess.objects.filter(
            key_sha256=digest_of(key), accepted_at=None, ended_at=None, invitation_ends_at__gt=at
        )
        .select_related("customer")
        .first()
    )
    if found is None or (found.active_to is not None and found.active_to <= at):
        raise NotFound("This invitation was used, ended or is too old. Ask for a new one.")
    return found


def accept(*, key: str, person: User, at: datetime) -> AccountAccess:
    """Open the account to a person who is signed in.

    Raises NotForThisPerson for the utility's own people, and for the customer herself.
    """
    with transaction.atomic():
        found = find_invitation(key=key, at=at)
        held = AccountAccess.objects.select_for_update().get(pk=found.pk)
        if held.accepted_at is not None or held.ended_at is not None:
            raise Conflict("This invitation has been used meanwhile.")
        if person.roles & STAFF_ROLES:
            raise NotForThisPerson("This is a sign-in of the utility's staff. Use a private one.")
        if held.customer.user_id == person.pk:
            raise NotForThisPerson("This is your own account.")
        RoleGrant.objects.get_or_create(
            user=person,
            role=Role.CUSTOMER,
            defaults={"granted_at": at, "granted_by": held.invited_by},
        )
        held.user, held.accepted_at, held.key_sha256 = person, at, ""
        held.save(update_fields=["user", "accepted_at", "key_sha256"])
        queue_notice(
            customer=held.customer,
            template="access_accepted",
            about=f"access-{held.pk}",
            context={"name": held.name, "email": held.email, "may": _may(held)},
            at=at,
        )
    return held


def open_sign_in(*, key: str, password: str, at: datetime) -> User:
    """Open a sign-in for whoever holds the invitation, and accept with it.

    Its user name is the invited address. Raises InvalidInput when the address has a sign-in
    already, or the password is too weak.
    """
    with transaction.atomic():
        invitation = find_invitation(key=key, at=at)
        email = invitation.email
        if User.objects.filter(username__iexact=email).exists() or (
            User.objects.filter(email__iexact=email).exists()
        ):
            words = "There is a sign-in with this address already. Sign in, then open the link."
            raise InvalidInput(words, fields={"password": [words]})
        person = User(username=email, email=email, first_name=invitation.name[:150])
        try:
            validate_password(password, person)
        except ValidationError as weak:
            wrong = {"password": weak.messages}
            raise InvalidInput("Choose another password.", fields=wrong) from weak
        person.set_password(password)
        person.save()
        accept(key=key, person=person, at=at)
    return person


def end_access(*, access: AccountAccess, at: datetime, by: str) -> AccountAccess:
    """End it at once; an invitation that nobody used falls away."""
    ended = AccountAccess.objects.filter(pk=access.pk, ended_at=None)
    if ended.update(ended_at=at, ended_by=by, key_sha256="") != 1:
        raise Conflict("This has ended already. Reload the page.")
    access.refresh_from_db()
    return access


def _send_invitation(made: AccountAccess, key: str, *, at: datetime) -> None:
    address = f"{settings.SITE_URL}{reverse('portal_invitation', args=[key])}"
    last = timezone.localtime(made.invitation_ends_at)
    queue_letter(
        name=made.name,
        email=made.email,
        about=f"access-{made.pk}",
        text=(
            f"{made.customer.name} invites you into her account",
            f"{made.customer.name} lets you {_may(made)} in her account at {settings.SITE_NAME}."
            f"\n\nOpen this link until {last:%d %b %Y %H:%M}:\n{address}\n\n"
            "It works once. If you do not know this person, do nothing.",
        ),
        at=at,
        is_secret=True,
    )


def _may(access: AccountAccess) -> str:
    return "look and act" if access.may_act else "look, but not act"
