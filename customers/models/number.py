"""Numbers that people read aloud: one series for each kind and year."""

from django.db import models


class NumberSeries(models.Model):
    """The last number given out in one series, such as `application/2027`."""

    name = models.CharField(max_length=48, unique=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"
