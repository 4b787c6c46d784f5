"""Statements: what a period came to for one service point, as the customer was told (CS-10)."""

from django.db import models
from django.db.models import F, Q

from customers.models.customer import Customer, UsagePoint
from derms.lib.lifecycle import append_only


class Statement(models.Model):
    """One issued statement; a correction is a new version, and what was issued never changes.

    `content` is dispatch.statements.Content as JSON; positive amounts are paid to the customer.
    """

    number = models.CharField(max_length=32, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="statements")
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="statements")
    begins_on = models.DateField()
    ends_on = models.DateField()  # exclusive
    version = models.PositiveSmallIntegerField()
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    is_complete = models.BooleanField()
    # What a later version changed, in words; empty for the first.
    correction = models.TextField(blank=True)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["usage_point", "begins_on", "version"], name="statement_version_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("begins_on")), name="statement_period_runs_forward"
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Statement {self.number}"


class StatementMetering(models.Model):
    """What the meter had counted when a statement was issued, as dispatch.statements packs it."""

    statement = models.OneToOneField(
        Statement, models.PROTECT, primary_key=True, related_name="metering"
    )
    packed = models.BinaryField()

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Metering of {self.statement_id}"
