"""Applications that have to be looked at again, and what came of it (IC-1, IC-5)."""

import pghistory
from django.db import models
from django.db.models import Q

from interconnection.models.application import InterconnectionApplication
from interconnection.models.decision import NetworkUpgrade
from interconnection.models.study import Study
from interconnection.statuses import RestudyCause, RestudyOutcome


@pghistory.track(append_only=True)
class Restudy(models.Model):
    """A mark on an application: its upgrade is done, one ahead of it in the queue has gone, or
    what was missing of the network has come.
    """

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="restudies"
    )
    cause = models.CharField(max_length=16, choices=RestudyCause.choices)
    upgrade = models.ForeignKey(
        NetworkUpgrade, models.PROTECT, null=True, blank=True, related_name="+"
    )
    earlier = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, null=True, blank=True, related_name="+"
    )
    marked_at = models.DateTimeField()
    marked_by = models.CharField(max_length=150)
    study = models.ForeignKey(Study, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(
        max_length=16, choices=RestudyOutcome.choices, default=RestudyOutcome.OPEN
    )
    words = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cause=RestudyCause.UPGRADE, upgrade__isnull=False)
                | Q(cause=RestudyCause.AHEAD, earlier__isnull=False)
                | Q(cause=RestudyCause.NETWORK, upgrade__isnull=True, earlier__isnull=True),
                name="restudy_names_its_cause",
            ),
            models.UniqueConstraint(
                fields=["application", "upgrade"],
                condition=Q(outcome=RestudyOutcome.OPEN),
                name="one_open_restudy_per_upgrade",
            ),
            models.UniqueConstraint(
                fields=["application", "earlier"],
                condition=Q(cause=RestudyCause.AHEAD),
                name="one_restudy_per_earlier_application",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(cause=RestudyCause.NETWORK, outcome=RestudyOutcome.OPEN),
                name="one_open_restudy_for_the_network",
            ),
        ]
        indexes = [models.Index(fields=["outcome", "marked_at"], name="restudies_to_answer")]

    def __str__(self) -> str:
        return f"{self.cause} of {self.application_id}"
