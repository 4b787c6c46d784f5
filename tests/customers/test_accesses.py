"""People whom a customer lets into her account, to look or to act (ui P7)."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import AccountAccess, Customer, Letter, Right
from customers.selectors import customers_for
from customers.services import open_request
from customers.services.accesses import (
    INVITATION_LASTS,
    NotForThisPerson,
    accept,
    end_access,
    find_invitation,
    invite,
)
from customers.services.letters import send_letters
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import InvalidInput, NotFound
from tests.factories import PASSWORD, make_person

LOOKS = {Right.KNOW, Right.READINGS, Right.CASES, Right.PROGRAMMES, Right.MESSAGES}


def invited(
    customer: Customer, at: datetime, *, may_act: bool = False
) -> tuple[AccountAccess, str]:
    made = invite(
        customer=customer,
        name="Bea",
        email="Bea@example.org",
        may_act=may_act,
        last_day=None,
        at=at,
        by="ada",
    )
    found = re.search(r"/portal/invitations/(\S+)", Letter.objects.latest("pk").body)
    assert found is not None
    return made, found[1]


def rights(user: User, at: datetime) -> set[Right]:
    fresh = User.objects.get(pk=user.pk)
    return {right for right in Right if customers_for(fresh, at, right).exists()}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_mail_carries_the_key_and_the_product_forgets_it(
    ada_customer: Customer, at: datetime, mailoutbox: list[EmailMessage]
) -> None:
    made, key = invited(ada_customer, at)

    send_letters(at=at)

    assert key in str(mailoutbox[0].body)
    assert mailoutbox[0].to == ["bea@example.org"]
    assert key not in made.key_sha256
    assert Letter.objects.get().body == ""


@pytest.mark.parametrize(
    ("may_act", "expected"), [(False, LOOKS), (True, LOOKS | {Right.FILE, Right.ENROL})]
)
def test_a_person_looks_or_acts_and_never_lets_others_in(
    may_act: bool, expected: set[Right], ada_customer: Customer, at: datetime
) -> None:
    bea = make_person("bea")
    _, key = invited(ada_customer, at, may_act=may_act)

    accept(key=key, person=bea, at=at)

    assert rights(bea, at) == expected


def test_an_invitation_works_once_and_for_seven_days(ada_customer: Customer, at: datetime) -> None:
    _, key = invited(ada_customer, at)
    with pytest.raises(NotFound):
        find_invitation(key=key, at=at + INVITATION_LASTS)
    with pytest.raises(NotFound):
        find_invitation(key="guess", at=at)

    accept(key=key, person=make_person("bea"), at=at)

    with pytest.raises(NotFound):
        accept(key=key, person=make_person("bob"), at=at)


def test_an_access_ends_at_once_and_on_its_day(ada_customer: Customer, at: datetime) -> None:
    bea = make_person("bea")
    made, key = invited(ada_customer, at)
    accept(key=key, person=bea, at=at)
    AccountAccess.objects.update(active_to=at + timedelta(days=1))
    assert rights(bea, at + timedelta(days=1)) == set()

    end_access(access=made, at=at, by="ada")

    assert rights(bea, at) == set()


def test_staff_and_the_customer_herself_cannot_accept(
    ada: User, cleo: User, ada_customer: Customer, at: datetime
) -> None:
    _, key = invited(ada_customer, at)

    for person in (ada, cleo):
        with pytest.raises(NotForThisPerson):
            accept(key=key, person=person, at=at)


def test_an_address_is_invited_once(ada_customer: Customer, at: datetime) -> None:
    invited(ada_customer, at)

    with pytest.raises(InvalidInput, match="not sent"):
        invited(ada_customer, at)


def test_who_has_no_sign_in_opens_one_with_a_password(ada_customer: Customer) -> None:
    _, key = invited(ada_customer, timezone.now())
    client, url = Client(), reverse("portal_invitation", args=[key])

    assert "invites you" in client.get(url).content.decode()
    assert client.post(url, {"password": "12345678"}).status_code == 422
    assert not User.objects.filter(username="bea@example.org").exists()
    client.post(url, {"password": PASSWORD})

    bea = User.objects.get(username="bea@example.org")
    assert bea.has_role(Role.CUSTOMER)
    assert "Ada Lovelace" in client.get(reverse("portal_home")).content.decode()
    assert client.get(url).status_code == 404


def test_an_address_with_a_sign_in_is_not_taken_over(ada_customer: Customer, ben: User) -> None:
    User.objects.filter(pk=ben.pk).update(email="bea@example.org")
    _, key = invited(ada_customer, timezone.now())

    page = Client().post(reverse("portal_invitation", args=[key]), {"password": PASSWORD})

    assert page.status_code == 422
    assert "Sign in, then open the link" in page.content.decode()


def test_who_only_looks_is_told_so_when_trying_to_act(ada_customer: Customer, at: datetime) -> None:
    bea = make_person("bea")
    _, key = invited(ada_customer, at)
    accept(key=key, person=bea, at=at)
    made = open_request(
        kind="account",
        customer=ada_customer,
        usage_point=None,
        answers={"what": "other", "story": "The bill."},
        at=at,
        by="ada",
    )
    client = signed_in(User.objects.get(pk=bea.pk))

    assert client.get(reverse("portal_request", args=[made.number])).status_code == 200
    withdrawn = client.post(
        reverse("portal_request_withdraw", args=[made.number]), {"reason": "no", "seen": 1}
    )

    assert withdrawn.status_code == 403
    assert "You may look at this account" in withdrawn.content.decode()


def test_the_customer_invites_and_ends_on_her_page_and_nobody_else_does(
    ada: User, cem: User, ada_customer: Customer, cem_customer: Customer
) -> None:
    client = signed_in(ada)
    typed = {"name": "Bea", "email": "bea@example.org", "may_act": "yes", "last_day": ""}

    client.post(reverse("portal_invite"), typed)

    made = AccountAccess.objects.get()
    assert made.may_act
    assert "bea@example.org" in client.get(reverse("portal_access")).content.decode()
    end = reverse("portal_person_end", args=[made.pk])
    assert signed_in(cem).post(end).status_code == 404
    client.post(end)
    made.refresh_from_db()
    assert made.ended_by == "ada"
