"""What a customer types on the way to an application, one form for each page."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import keep_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers.models import UsagePoint
from derms.lib.words import mark, say
from interconnection.forms.quantities import KiloField, NumberField, VoltageField
from interconnection.models import EquipmentModel, Nameplate
from interconnection.screening.nameplate import NAMEPLATE_FIELDS, UnitValues
from interconnection.statuses import Technology


@keep_lazy(SafeString)
def standard_name(plain: object, name: str) -> SafeString:
    """Plain words with the name in the standard, so that a data sheet can be compared."""
    return format_html('{} <span class="mut">IEEE 1547-2018: {}.</span>', plain, name)


def where(point: UsagePoint) -> str:
    return say("{location}, meter {meter}", location=point.location, meter=point.meter_number)


class ServicePointForm(forms.Form):
    """Which of the person's service points the equipment belongs to."""

    usage_point = forms.ChoiceField(
        label=_("Where do you want to connect it?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of your service points, or check another address below."),
            "invalid_choice": _("This is not one of your service points. Choose one of the list."),
        },
    )

    def __init__(self, *args: Any, points: list[UsagePoint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._points = {str(point.pk): point for point in points}
        owners = {point.customer_id for point in points}
        field = self.fields["usage_point"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = [
            (
                key,
                f"{point.customer.name}: {where(point)}" if len(owners) > 1 else where(point),
            )
            for key, point in self._points.items()
        ]

    @property
    def chosen(self) -> UsagePoint:
        return self._points[self.cleaned_data["usage_point"]]


class AddressForm(forms.Form):
    """Another address, to see whether it is served at all."""

    street = forms.CharField(
        label=_("Street and number"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
        error_messages={"required": _("Type the street and the number.")},
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
        error_messages={"required": _("Type the postcode.")},
    )


class AcceptanceForm(forms.Form):
    """A typed name under the terms."""

    accepted_name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("Typing your name here is your signature."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Type your name to accept.")},
    )


class WithdrawForm(forms.Form):
    """Why an application is withdrawn."""

    reason = forms.CharField(
        label=_("Why do you withdraw it?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the application is withdrawn.")},
    )


@dataclass(frozen=True)
class Group:
    """Fields that stand together under one heading."""

    title: str
    fields: tuple[tuple[str, str], ...]  # name and unit


CATEGORY_A_B = [("", _("Choose")), *Nameplate.NormalCategory.choices]
CATEGORY_I_III = [("", _("Choose")), *Nameplate.AbnormalCategory.choices]


class UnitForm(forms.Form):
    """One DER unit by the names of IEEE 1547-2018, Table 28, in plain words."""

    NAMEPLATE = Group(
        mark("Power"),
        (
            ("active_power_rating_at_unity_power_factor_w", "kW"),
            ("apparent_power_max_rating_va", "kVA"),
            ("reactive_power_injected_max_rating_var", "kvar"),
            ("reactive_power_absorbed_max_rating_var", "kvar"),
        ),
    )
    STORAGE = Group(
        mark("Storage"),
        (
            ("energy_capacity_wh", "kWh"),
            ("active_power_charge_max_rating_w", "kW"),
            ("apparent_power_charge_max_rating_va", "kVA"),
        ),
    )
    VOLTAGE = Group(
        mark("Voltage and categories"),
        (
            ("ac_voltage_nominal_rating_v", "V"),
            ("ac_voltage_minimum_rating_v", "V"),
            ("ac_voltage_maximum_rating_v", "V"),
            ("normal_operating_performance_category", ""),
            ("abnormal_operating_performance_category", ""),
        ),
    )
    EXCITED = Group(
        mark("At another power factor (only if the data sheet gives it)"),
        (
            ("active_power_rating_at_specified_over_excited_power_factor_w", "kW"),
            ("specified_over_excited_power_factor", ""),
            ("active_power_rating_at_specified_under_excited_power_factor_w", "kW"),
            ("specified_under_excited_power_factor", ""),
        ),
    )

    technology = forms.ChoiceField(
        label=_("What is it?"),
        choices=Technology.choices,
        error_messages={
            "required": _("Choose what it is."),
            "invalid_choice": _("Choose photovoltaic or battery storage."),
        },
    )
    manufacturer = forms.CharField(
        label=_("Maker"),
        max_length=64,
        help_text=standard_name(_("Who made it."), "Manufacturer"),
        error_messages={"required": _("Say who made the unit.")},
    )
    model = forms.CharField(
        label=_("Model"),
        max_length=64,
        help_text=standard_name(_("As printed on the nameplate."), "Model"),
        error_messages={"required": _("Say which model the unit is.")},
    )
    serial_number = forms.CharField(
        label=_("Serial number"),
        max_length=64,
        required=False,
        help_text=standard_name(
            _("Printed on the nameplate. Not delivered yet? Leave it empty; we will ask for it."),
            "Serial number",
        ),
    )
    version = forms.CharField(
        label=_("Firmware version"),
        max_length=32,
        required=False,
        help_text=standard_name(_("In the menu of the inverter."), "Version"),
    )
    active_power_rating_at_unity_power_factor_w = KiloField(
        label=_("Largest active power"),
        help_text=standard_name(
            _("What it can feed in at most."), "Active power rating at unity power factor"
        ),
    )
    apparent_power_max_rating_va = KiloField(
        label=_("Largest apparent power"),
        help_text=standard_name(
            _("Never smaller than the active power."), "Apparent power maximum rating"
        ),
    )
    reactive_power_injected_max_rating_var = KiloField(
        label=_("Reactive power it can inject"),
        help_text=standard_name(
            _("Usually 44 % of the apparent power."), "Reactive power injected maximum rating"
        ),
    )
    reactive_power_absorbed_max_rating_var = KiloField(
        label=_("Reactive power it can absorb"),
        help_text=standard_name(
            _("Usually 44 % of the apparent power."), "Reactive power absorbed maximum rating"
        ),
    )
    energy_capacity_wh = KiloField(
        label=_("Energy it can store"),
        required=False,
        help_text=_("Batteries only: usable energy from full to empty."),
    )
    active_power_charge_max_rating_w = KiloField(
        label=_("Largest charging power"),
        required=False,
        help_text=standard_name(_("Batteries only."), "Active power charge maximum rating"),
    )
    apparent_power_charge_max_rating_va = KiloField(
        label=_("Largest apparent charging power"),
        required=False,
        help_text=standard_name(_("Batteries only."), "Apparent power charge maximum rating"),
    )
    dc_rating_w = KiloField(
        label=_("Solar modules together"),
        required=False,
        help_text=_("Photovoltaic only: the power of all modules on this inverter (DC)."),
    )
    ac_voltage_nominal_rating_v = VoltageField(
        label=_("Usual voltage"), help_text=standard_name("", "AC voltage nominal rating")
    )
    ac_voltage_minimum_rating_v = VoltageField(
        label=_("Lowest voltage"), help_text=standard_name("", "AC voltage minimum rating")
    )
    ac_voltage_maximum_rating_v = VoltageField(
        label=_("Highest voltage"), help_text=standard_name("", "AC voltage maximum rating")
    )
    normal_operating_performance_category = forms.ChoiceField(
        label=_("Category in normal operation"),
        choices=CATEGORY_A_B,
        help_text=standard_name(
            _("On the data sheet."), "Normal operating performance category, clause 5.2"
        ),
        error_messages={
            "required": _("Choose category A or B; the maker's data sheet says which.")
        },
    )
    abnormal_operating_performance_category = forms.ChoiceField(
        label=_("Category in a disturbance"),
        choices=CATEGORY_I_III,
        help_text=standard_name(
            _("On the data sheet."), "Abnormal operating performance category, clause 6.4"
        ),
        error_messages={
            "required": _("Choose category I, II or III; the maker's data sheet says which.")
        },
    )
    active_power_rating_at_specified_over_excited_power_factor_w = KiloField(
        label=_("Active power when it injects reactive power"),
        required=False,
        help_text=standard_name("", "Active power rating at specified over-excited power factor"),
    )
    specified_over_excited_power_factor = NumberField(
        label=_("Its power factor"),
        required=False,
        help_text=standard_name(_("Such as 0.9."), "Specified over-excited power factor"),
    )
    active_power_rating_at_specified_under_excited_power_factor_w = KiloField(
        label=_("Active power when it absorbs reactive power"),
        required=False,
        help_text=standard_name("", "Active power rating at specified under-excited power factor"),
    )
    specified_under_excited_power_factor = NumberField(
        label=_("Its power factor"),
        required=False,
        help_text=standard_name(_("Such as 0.9."), "Specified under-excited power factor"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, what in (
            ("energy_capacity_wh", mark("an energy capacity")),
            ("active_power_charge_max_rating_w", mark("a charging power")),
        ):
            self.fields[name].required = self.is_battery
            self.fields[name].error_messages["required"] = say(
                "A battery needs {what} above zero.", what=say(what)
            )

    @property
    def is_battery(self) -> bool:
        return bool(self["technology"].value() == Technology.BATTERY)

    def unit_values(self) -> UnitValues:
        return UnitValues(**{name: self.cleaned_data[name] for name in NAMEPLATE_FIELDS})

    def add_errors(self, errors: dict[str, list[str]]) -> None:
        """Words of the service beside the fields they belong to."""
        for name, words in errors.items():
            for one in words:
                self.add_error(name if name in self.fields else None, one)

    @staticmethod
    def initial_of(source: Nameplate, *, technology: str) -> dict[str, Any]:
        """What is known already is not asked again; a listed model knows no serial number."""
        known = {
            name: getattr(source, name, None) for name in NAMEPLATE_FIELDS if name != "technology"
        }
        if isinstance(source, EquipmentModel):
            known |= {"serial_number": "", "version": source.version}
        return {**known, "technology": technology}
