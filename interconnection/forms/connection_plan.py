"""When and how a customer plans to connect (IC-1)."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from interconnection.forms.quantities import KiloField
from interconnection.models import InterconnectionApplication
from interconnection.services.connection_plan import Answers
from interconnection.statuses import Compensation, Export, NonExportBy, PhasesUsed, Technology


class PlannedDateForm(forms.Form):
    """When the customer plans to switch on, and how; only what is not known already is asked."""

    planned_in_service_date = forms.DateField(
        label=_("When do you plan to switch on?"),
        help_text=_("A guess is fine. You can change it until you send the application."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose a date."),
            "invalid": _("Type the date as year-month-day, such as 2026-09-01."),
        },
    )
    export_choice = forms.ChoiceField(
        label=_("How much may it feed into the grid?"),
        choices=Export.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Less is often checked faster."),
    )
    export_limit_w = KiloField(
        label=_("Fed in at most"),
        required=False,
        help_text=_("Only with a limit: what the controller keeps to, at the meter."),
    )
    non_export_by = forms.TypedChoiceField(
        label=_("What keeps it from feeding in?"),
        choices=[("", _("Does not apply")), *NonExportBy.choices],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Only when nothing is fed in. Your installer knows."),
    )
    compensation = forms.ChoiceField(
        label=_("What do you want for the energy you feed in?"),
        choices=Compensation.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    phases_used = forms.ChoiceField(
        label=_("How is it connected to your three phases?"),
        choices=PhasesUsed.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    tracks_sun = forms.TypedChoiceField(
        label=_("Do the solar modules follow the sun?"),
        choices=[("no", _("No, they are fixed")), ("yes", _("Yes, they are on trackers"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, sent: QueryDict | None, *, application: InterconnectionApplication) -> None:
        tracks = application.tracks_sun
        super().__init__(
            sent,
            initial={
                "planned_in_service_date": application.planned_in_service_date,
                "export_choice": application.export_choice or Export.FULL,
                "export_limit_w": application.export_limit_w,
                "non_export_by": application.non_export_by,
                "compensation": application.compensation or Compensation.TARIFF,
                "phases_used": application.phases_used or PhasesUsed.THREE,
                "tracks_sun": "yes" if tracks else "no",
            },
        )
        if len(application.usage_point.phases) < 3:
            del self.fields["phases_used"]
        if not any(u.technology == Technology.PHOTOVOLTAIC for u in application.units.all()):
            del self.fields["tracks_sun"]

    def answers(self) -> Answers:
        """What was answered; empty for what was not asked."""
        entered = self.cleaned_data
        return Answers(
            entered["export_choice"],
            entered["export_limit_w"],
            entered["non_export_by"],
            entered["compensation"],
            entered.get("phases_used", ""),
            entered.get("tracks_sun"),
        )
