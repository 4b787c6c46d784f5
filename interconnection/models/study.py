"""Results of the quick screens (IC-3) and power-flow studies (IC-4)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from interconnection.models.application import InterconnectionApplication
from interconnection.models.network_version import NetworkVersion
from interconnection.statuses import STUDY_MOVES, STUDY_OPEN, ScreenOutcome, StudyKind, StudyStatus


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
    # The set as a whole, and the largest size that passes all of it.
    standing = models.CharField(max_length=16, choices=ScreenOutcome.choices, blank=True)
    largest_passing_w = models.BigIntegerField(null=True)

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


class Study(HasLifecycle):
    """One power-flow study on one version of a feeder: of an application, or for planning.

    `task` and `result` are compressed JSON of powerflow.task: the first is all it takes to repeat
    the study to the digit. A worker holds a running one until `leased_until`.
    """

    MOVES: ClassVar[Moves] = STUDY_MOVES

    kind = models.CharField(max_length=16, choices=StudyKind.choices, default=StudyKind.APPLICATION)
    title = models.CharField(max_length=120, blank=True)
    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="studies", null=True, blank=True
    )
    version = models.ForeignKey(NetworkVersion, models.PROTECT, related_name="+")
    # Lines in words: what was taken for what nobody has measured.
    assumptions = models.JSONField(default=list)
    task = models.BinaryField()
    status = models.CharField(
        max_length=16, choices=StudyStatus.choices, default=StudyStatus.QUEUED
    )
    progress_pct = models.PositiveSmallIntegerField(default=0)
    progress_words = models.CharField(max_length=100, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=150)
    started_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    engine = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(max_length=16, blank=True)
    # How it ended without a result, and why, in words.
    ending = models.CharField(max_length=16, blank=True)
    failure = models.TextField(blank=True)
    result = models.BinaryField(null=True, blank=True)
    # What its page shows, worked out once when it ended; None before, and of old studies.
    pictures = models.BinaryField(null=True, blank=True)

    class Meta:
        triggers = [only_listed_moves(STUDY_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(status__in=sorted(STUDY_OPEN)),
                name="one_open_study_per_application",
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(status__in=sorted(STUDY_OPEN), kind=StudyKind.CAPACITY),
                name="one_open_capacity_map_per_version",
            ),
            models.CheckConstraint(
                condition=Q(kind=StudyKind.APPLICATION, application__isnull=False)
                | (~Q(kind=StudyKind.APPLICATION) & Q(application__isnull=True)),
                name="study_of_an_application_names_it",
            ),
            models.CheckConstraint(
                condition=~Q(status=StudyStatus.DONE) | Q(result__isnull=False),
                name="done_study_has_a_result",
            ),
        ]

    def __str__(self) -> str:
        if self.kind == StudyKind.APPLICATION:
            return f"Study {self.pk} of {self.application_id}"
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in STUDY_OPEN


class StudyStatusChange(StatusChange):
    """One move of a study."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
