"""Nameplate attributes by the names of IEEE 1547-2018, Table 28 (IC-1)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Nameplate(models.Model):
    """What one DER unit can do, as rated by its maker."""

    class NormalCategory(models.TextChoices):
        """Normal operating performance category (IEEE 1547-2018 5.2)."""

        A = "A", _("Category A")
        B = "B", _("Category B")

    class AbnormalCategory(models.TextChoices):
        """Abnormal operating performance category (IEEE 1547-2018 6.4)."""

        I = "I", _("Category I")  # noqa: E741  the standard's name
        II = "II", _("Category II")
        III = "III", _("Category III")

    manufacturer = models.CharField(max_length=64)
    model = models.CharField(max_length=64)
    serial_number = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=32, blank=True)
    active_power_rating_at_unity_power_factor_w = models.PositiveIntegerField()
    active_power_rating_at_specified_over_excited_power_factor_w = models.PositiveIntegerField(
        null=True, blank=True
    )
    specified_over_excited_power_factor = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, blank=True
    )
    active_power_rating_at_specified_under_excited_power_factor_w = models.PositiveIntegerField(
        null=True, blank=True
    )
    specified_under_excited_power_factor = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, blank=True
    )
    apparent_power_max_rating_va = models.PositiveIntegerField()
    reactive_power_injected_max_rating_var = models.PositiveIntegerField()
    reactive_power_absorbed_max_rating_var = models.PositiveIntegerField()
    active_power_charge_max_rating_w = models.PositiveIntegerField(null=True, blank=True)
    apparent_power_charge_max_rating_va = models.PositiveIntegerField(null=True, blank=True)
    energy_capacity_wh = models.PositiveIntegerField(null=True, blank=True)
    normal_operating_performance_category = models.CharField(
        max_length=1, choices=NormalCategory.choices
    )
    abnormal_operating_performance_category = models.CharField(
        max_length=3, choices=AbnormalCategory.choices
    )
    ac_voltage_nominal_rating_v = models.PositiveIntegerField()
    ac_voltage_maximum_rating_v = models.PositiveIntegerField()
    ac_voltage_minimum_rating_v = models.PositiveIntegerField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    apparent_power_max_rating_va__gte=F(
                        "active_power_rating_at_unity_power_factor_w"
                    )
                ),
                name="%(class)s_kva_not_below_kw",
            ),
            models.CheckConstraint(
                condition=Q(active_power_rating_at_unity_power_factor_w__gt=0),
                name="%(class)s_rating_is_positive",
            ),
        ]
