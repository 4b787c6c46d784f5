"""What other systems said, and what was answered (IX-1)."""

import pgtrigger
from django.conf import settings
from django.db import models


class MessageLog(models.Model):
    """One message that came in, word for word, with the answer: evidence, and the memory that
    lets a partner send the same message again without a second effect.
    """

    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=200)
    correlation_id = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=24)
    noun = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    content = models.TextField()
    outcome = models.CharField(max_length=16)
    reply = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "message_id"], name="message_answered_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
        indexes = [models.Index(fields=["-received_at"], name="messages_by_time")]

    def __str__(self) -> str:
        return f"{self.verb} {self.noun} {self.message_id}"
