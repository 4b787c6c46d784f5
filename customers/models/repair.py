"""Companies that repair what customers own, from a list that somebody keeps (CS-11)."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Skill(models.TextChoices):
    """What a service provider can mend."""

    SOLAR = "solar", "Solar modules"
    INVERTER = "inverter", "Inverters"
    BATTERY = "battery", "Batteries"
    WIRING = "wiring", "Wiring and switchboards"


@pghistory.track(append_only=True)
class ServiceProvider(models.Model):
    """A company that customers are offered when their equipment needs somebody.

    `postcodes` empty: it goes everywhere the utility serves.
    """

    name = models.CharField(max_length=120, unique=True)
    phone = models.CharField(max_length=32)
    postcodes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    skills = ArrayField(models.CharField(max_length=16, choices=Skill.choices))
    checked_on = models.DateField()
    checked_by = models.CharField(max_length=150)
    is_listed = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def skill_words(self) -> str:
        return ", ".join(str(Skill(skill).label) for skill in self.skills)
