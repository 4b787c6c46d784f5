"""Third parties and the customers they act for (TP-1)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from customers.models.customer import Customer


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


class Representation(models.Model):
    """Since when, and until when, a third party acts for a customer."""

    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="representations")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="representations")
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(active_to__isnull=True) | Q(active_to__gt=F("active_from")),
                name="representation_period_runs_forward",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(active_to__isnull=True),
                name="one_third_party_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.third_party_id} for {self.customer_id}"
