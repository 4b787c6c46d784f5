"""Results of the quick screens (IC-3)."""

from django.db import models

from derms.lib.lifecycle import append_only
from interconnection.models.application import InterconnectionApplication
from interconnection.statuses import ScreenOutcome


class ScreeningRun(models.Model):
    """One evaluation of a rule set on one application, with the inputs it saw."""

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="screening_runs"
    )
    rule_set = models.CharField(max_length=48)
    rule_set_version = models.CharField(max_length=16)
    inputs = models.JSONField()
    performed_at = models.DateTimeField()
    performed_by = models.CharField(max_length=150)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Screens of {self.application_id} at {self.performed_at:%Y-%m-%d %H:%M}"


class ScreeningResult(models.Model):
    """One screen: rule, inputs, threshold, value, margin and the reason in words."""

    run = models.ForeignKey(ScreeningRun, models.PROTECT, related_name="results")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=32)
    title = models.CharField(max_length=120)
    rule = models.TextField()
    citation = models.CharField(max_length=200)
    outcome = models.CharField(max_length=16, choices=ScreenOutcome.choices)
    inputs = models.JSONField()
    formula = models.TextField(blank=True)
    value = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    margin = models.FloatField(null=True)
    unit = models.CharField(max_length=16, blank=True)
    reason = models.TextField()
    largest_passing_w = models.BigIntegerField(null=True)

    class Meta:
        triggers = [append_only()]
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="screen_once_per_run")]

    def __str__(self) -> str:
        return f"{self.code}: {self.outcome}"
