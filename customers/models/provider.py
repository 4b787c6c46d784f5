"""Third parties, what customers allow them, and the people a customer lets in (TP-1)."""

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q, Value

from customers.models.customer import Customer


class Right(models.TextChoices):
    """What one person may do for a customer; whoever may do more has several."""

    KNOW = "know", "Know the customer and her meters"
    READINGS = "readings", "See production, events and statements"
    CASES = "cases", "See applications, agreements and requests"
    FILE = "file", "Apply, answer and make requests"
    PROGRAMMES = "programmes", "See programmes"
    ENROL = "enrol", "Take part in programmes and groups, and leave"
    MESSAGES = "messages", "Read all messages"
    OWN = "own", "Let others in"


class ThirdParty(models.Model):
    """A company, such as an aggregator, that acts for customers."""

    name = models.CharField(max_length=120, unique=True)
    email = models.EmailField()

    def __str__(self) -> str:
        return self.name


class ThirdPartyMember(models.Model):
    """A person who works for a third party."""

    third_party = models.ForeignKey(ThirdParty, models.CASCADE, related_name="members")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="third_party_member"
    )

    def __str__(self) -> str:
        return f"{self.user_id} of {self.third_party_id}"


@pghistory.track(append_only=True)
class Representation(models.Model):
    """A customer's consent: what a third party may do for her, since when and until when.

    Another consent follows it; what was agreed to is never rewritten. One that was taken back
    before it began ends at its beginning.
    """

    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="representations")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="representations")
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True, blank=True)
    may_see_readings = models.BooleanField(default=False)
    may_file = models.BooleanField(default=False)
    may_enrol = models.BooleanField(default=False)
    # The exact words agreed to, and the name typed or signed under them.
    text = models.TextField(blank=True)
    given_name = models.CharField(max_length=120, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)
    given_by = models.CharField(max_length=150, blank=True)
    # Where the signed paper lies, when customer service wrote the consent down.
    paper_reference = models.CharField(max_length=80, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(active_to__isnull=True) | Q(active_to__gte=F("active_from")),
                name="representation_period_runs_forward",
            ),
            ExclusionConstraint(
                name="one_third_party_at_a_time",
                expressions=[
                    (
                        Func(
                            F("customer"),
                            F("customer"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("active_from"),
                            F("active_to"),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.third_party_id} for {self.customer_id}"


@pghistory.track(append_only=True)
class AccountAccess(models.Model):
    """Another person whom a customer lets into her account, to look or to act.

    Invited by mail; the key in the mail is kept as its SHA-256 only, and falls away once used.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="accesses")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    may_act = models.BooleanField(default=False)
    invited_at = models.DateTimeField()
    invited_by = models.CharField(max_length=150)
    key_sha256 = models.CharField(max_length=64, blank=True)
    invitation_ends_at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="accesses"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    # The end that was chosen with the invitation; null is until somebody ends it.
    active_to = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "email"],
                condition=Q(ended_at__isnull=True),
                name="one_open_access_per_address",
            ),
            models.UniqueConstraint(
                fields=["key_sha256"], condition=~Q(key_sha256=""), name="invitation_key_is_one"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(user__isnull=False),
                name="accepted_access_has_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} in the account of {self.customer_id}"
