"""Network models that engineers bring, before they are a version (IC-2)."""

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
from interconnection.models.network_version import NetworkVersion
from interconnection.statuses import UPLOAD_MOVES, UPLOAD_OPEN, UploadStatus


class NetworkUpload(HasLifecycle):
    """One file for one feeder: checked by a worker, then accepted or rejected by an engineer.

    `circuit` and `findings` are compressed JSON of a powerflow Circuit and of what its page shows;
    both were compared with the version `compared_with`. A worker holds a running check until
    `leased_until`.
    """

    MOVES: ClassVar[Moves] = UPLOAD_MOVES

    name = models.CharField(max_length=64)
    source_name = models.CharField(max_length=200)
    content = models.BinaryField()
    allows_loops = models.BooleanField(default=False)
    status = models.CharField(
        max_length=16, choices=UploadStatus.choices, default=UploadStatus.QUEUED
    )
    progress_pct = models.PositiveSmallIntegerField(default=0)
    progress_words = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    started_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    compared_with = models.ForeignKey(
        NetworkVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_usable = models.BooleanField(default=False)
    circuit = models.BinaryField(null=True, blank=True)
    findings = models.BinaryField(null=True, blank=True)
    version = models.ForeignKey(
        NetworkVersion, models.PROTECT, null=True, blank=True, related_name="uploads"
    )
    why = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)

    class Meta:
        triggers = [only_listed_moves(UPLOAD_MOVES)]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=UploadStatus.ACCEPTED)
                | Q(version__isnull=False, is_usable=True, decided_at__isnull=False),
                name="accepted_upload_is_a_version",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(status__in=sorted(UPLOAD_OPEN)),
                name="one_check_of_a_feeder_at_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} for {self.name}"

    @property
    def is_open(self) -> bool:
        return self.status in UPLOAD_OPEN


class NetworkUploadStatusChange(StatusChange):
    """One move of an upload."""

    upload = models.ForeignKey(NetworkUpload, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
