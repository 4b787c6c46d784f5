"""What is written down about looking at customers, merging and erasing them (OP-1)."""

from django.db import models

from customers.models.customer import Customer
from derms.lib.lifecycle import append_only


class CustomerLook(models.Model):
    """One page of the portal that customer service opened as a customer sees it."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    path = models.CharField(max_length=300)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.by} saw {self.path} as customer {self.customer_id}"


class CustomerMerge(models.Model):
    """Two accounts of one customer that became one; what moved, by its kind."""

    kept = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    merged = models.OneToOneField(Customer, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    moved = models.JSONField(default=dict)

    class Meta:
        triggers = [append_only()]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("merged")), name="merge_is_of_two_accounts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"


class CustomerErasure(models.Model):
    """A customer's personal data that was erased: what went, and what the law of records keeps."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=200)
    erased = models.JSONField(default=list)
    kept = models.JSONField(default=list)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Erasure of customer {self.customer_id}"
