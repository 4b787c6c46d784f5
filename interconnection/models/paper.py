"""Papers that a tariff asks for, from their arrival to their acceptance (CS-2, CS-5)."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from customers.models import RequestFile
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from interconnection.models.application import InterconnectionApplication
from interconnection.statuses import PAPER_MOVES, PaperStatus


@pghistory.track(append_only=True)
class ApplicationPaper(HasLifecycle):
    """One paper of those the accepted tariff requires, as it was sent; its file lies beside the
    application's request.

    `name` is the tariff's name of it; what was returned is sent again as another row.
    """

    MOVES: ClassVar[Moves] = PAPER_MOVES

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="papers"
    )
    name = models.CharField(max_length=120)
    file = models.ForeignKey(RequestFile, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=150)
    status = models.CharField(max_length=16, choices=PaperStatus.choices, default=PaperStatus.SENT)
    return_reason = models.TextField(blank=True)

    class Meta:
        triggers = [only_listed_moves(PAPER_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "name"],
                condition=~Q(status=PaperStatus.RETURNED),
                name="one_standing_paper_of_a_name",
            ),
            models.CheckConstraint(
                condition=~Q(status=PaperStatus.RETURNED) | ~Q(return_reason=""),
                name="returned_paper_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.application_id}"


class ApplicationPaperStatusChange(StatusChange):
    """One move of a paper."""

    paper = models.ForeignKey(ApplicationPaper, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
