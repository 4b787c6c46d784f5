"""Lists of devices that somebody brought, row by row, and what became of them (DV-6)."""

from typing import ClassVar

from django.db import models

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from devices.models.device import Device
from devices.register.matching import Choice, Verdict
from devices.statuses import IMPORT_MOVES, ImportStatus


class ImportRun(HasLifecycle):
    """One list of devices, from the file to the register or to nothing."""

    MOVES: ClassVar[Moves] = IMPORT_MOVES

    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    file_size = models.PositiveIntegerField()
    # Until it is read; then its rows are kept.
    content = models.BinaryField(null=True, blank=True)
    read_as = models.CharField(max_length=60, blank=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=150)
    status = models.CharField(
        max_length=16, choices=ImportStatus.choices, default=ImportStatus.RECEIVED
    )
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # Since when a worker is wanted: since it came, or since somebody applied it.
    waiting_since = models.DateTimeField()
    # Times that a worker began; it is given up after a few.
    attempts = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField(null=True, blank=True)
    # When its rows were last compared with the register, and how many times they came out.
    checked_at = models.DateTimeField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list, blank=True)
    # Why it was refused, in words.
    problem = models.TextField(blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.CharField(max_length=150, blank=True)

    class Meta:
        triggers = [only_listed_moves(IMPORT_MOVES)]

    def __str__(self) -> str:
        return f"Import {self.pk} ({self.file_name})"


class ImportRunStatusChange(StatusChange):
    """One move of an import."""

    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


class ImportRow(models.Model):
    """One row of a list as it was written, and how it compares with the register.

    `findings` are {level, column, what, advice}, `changes` {column, old, new}, `resolved` what its
    words mean in the register. `device` is the registered device that it is about, or became.
    """

    VERDICTS = [(verdict.value, verdict.value.capitalize()) for verdict in Verdict]
    CHOICES = [(choice.value, choice.value) for choice in Choice]

    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="rows")
    line = models.PositiveIntegerField()
    texts = models.JSONField(default=dict)
    odd = models.JSONField(default=dict)
    verdict = models.CharField(max_length=16, choices=VERDICTS)
    findings = models.JSONField(default=list)
    changes = models.JSONField(default=list)
    resolved = models.JSONField(default=dict)
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    # Whether it may be the same as a registered device, so that a person can choose.
    has_likeness = models.BooleanField(default=False)
    choice = models.CharField(max_length=16, choices=CHOICES, blank=True)
    is_left_out = models.BooleanField(default=False)
    is_applied = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "line"], name="import_line_once"),
        ]

    def __str__(self) -> str:
        return f"Line {self.line} of import {self.run_id}"
