"""What an engineer found out, and by which rules this utility reviews (IC-3)."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from derms.lib.lifecycle import append_only
from interconnection.models.application import InterconnectionApplication
from interconnection.screening.rules import TITLES
from interconnection.statuses import JudgedScreen


class Finding(models.Model):
    """An engineer's answer to a screen that no figure decides; the latest one counts."""

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="findings"
    )
    screen = models.CharField(max_length=32, choices=JudgedScreen.choices)
    is_fine = models.BooleanField()
    reason = models.TextField()
    found_at = models.DateTimeField()
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.screen} of {self.application_id}"


class ReviewPolicy(models.Model):
    """By which rules applications are reviewed from a moment on; the latest one counts."""

    rule_set = models.CharField(max_length=16, choices=sorted(TITLES.items()), default="SGIP")
    # Whether the computer may take a small complete application to Operations by itself.
    may_mark_ready = models.BooleanField(
        "the computer may mark applications ready for approval", default=False
    )
    ready_up_to_w = models.PositiveIntegerField(
        "up to this size, W", default=25_000, validators=[MinValueValidator(1)]
    )
    reason = models.CharField(max_length=300)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "review policies"
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.rule_set} since {self.set_at:%Y-%m-%d %H:%M}"
