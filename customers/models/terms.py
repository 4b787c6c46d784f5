"""What tariffs and programmes have in common: rules of leaving, and rows that somebody leaves."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.contrib.postgres.fields import RangeOperators as Op
from django.db import models
from django.db.models import F, Func, Q, Value


class LeftOn(models.TextChoices):
    """On which days somebody may leave."""

    ANY_DAY = "any_day", "Any day"
    MONTH_END = "month_end", "End of a month"
    YEAR_END = "year_end", "End of a year"


class LeavingTerms(models.Model):
    """Rules of joining and leaving as data."""

    notice_days = models.PositiveIntegerField(default=0)
    minimum_term_months = models.PositiveIntegerField(default=0)
    left_on = models.CharField(max_length=16, choices=LeftOn.choices, default=LeftOn.ANY_DAY)
    third_party_may_leave = models.BooleanField(default=False)
    rejoin_after_days = models.PositiveIntegerField(default=0)
    # How many events a customer may leave out in a month; 0 is none.
    opt_outs_per_month_max = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class Left(models.Model):
    """When somebody asked to leave, when it takes effect, and that it has."""

    leave_asked_at = models.DateTimeField(null=True, blank=True)
    leave_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    leaves_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def one_in_force(parent: str, *, name: str) -> ExclusionConstraint:
    """No two versions of one tariff or programme at the same time."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            (
                Func(
                    F(parent),
                    F(parent),
                    Value("[]"),
                    function="int8range",
                    output_field=BigIntegerRangeField(),
                ),
                Op.OVERLAPS,
            ),
            (
                Func(
                    F("active_from"),
                    F("active_to"),
                    function="tstzrange",
                    output_field=DateTimeRangeField(),
                ),
                Op.OVERLAPS,
            ),
        ],
    )


def runs_forward(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(active_to__isnull=True) | Q(active_to__gt=F("active_from")), name=name
    )
