"""What is typed about proposals, orders and works (CS-6, CS-7)."""

from django import forms

from customers.flows.flow import LONG_TEXT_MAX
from customers.forms.requests import PointField
from customers.forms.visits import VisitForm
from customers.models import ServiceOrder, UsagePoint, WorkRequest
from customers.models.customer import Phases
from customers.services.works import NewPoint
from customers.statuses import ServiceOrderStatus, WorkStatus

BY_HAND = (
    ServiceOrder.Kind.METER_WORK,
    ServiceOrder.Kind.POWER_QUALITY,
    ServiceOrder.Kind.HIGH_BILL,
    ServiceOrder.Kind.DER_TROUBLE,
)


class WhyForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why."},
    )


class OrderListForm(forms.Form):
    """Filters of the list of orders."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[("", "All open"), *ServiceOrderStatus.choices, ("all", "Ended too")],
    )
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[("", "Every kind"), *ServiceOrder.Kind.choices],
    )


class WorkListForm(forms.Form):
    """Filter of the list of works."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[("", "All open"), *WorkStatus.choices, ("all", "Ended too")],
    )


class NewOrderForm(VisitForm):
    """An order that no request asked for, such as meter work."""

    kind = forms.ChoiceField(label="Kind", choices=[(kind.value, kind.label) for kind in BY_HAND])
    usage_point = PointField(
        label="Which meter?",
        queryset=UsagePoint.objects.none(),
        error_messages={"required": "Choose the meter.", "invalid_choice": "Choose the meter."},
    )
    summary = forms.CharField(
        label="What for?",
        max_length=200,
        error_messages={"required": "Say what has to be done."},
    )
    field_order = ("kind", "usage_point", "summary", "day", "begins", "ends", "technician")


class PlanForm(forms.Form):
    """What Engineering plans for a work request."""

    plan = forms.CharField(
        label="What is built, as the customer reads it",
        max_length=LONG_TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Say what is built."},
    )
    cost = forms.DecimalField(
        label="Cost for the customer",
        min_value=0,
        max_digits=11,
        decimal_places=2,
        error_messages={
            "required": "Say what it costs; 0 when it is free.",
            "invalid": "Type the cost as a number.",
            "min_value": "The cost cannot be below zero.",
        },
    )
    ready_date = forms.DateField(
        label="Ready by",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Say by when it is ready.",
            "invalid": "Type the day as year-month-day, such as 2026-09-01.",
        },
    )


class CrewForm(VisitForm):
    """When a crew comes."""

    crew = forms.CharField(label="Crew", max_length=80, required=False)


class NewPointCrewForm(CrewForm):
    """A crew, and the service point that a new service gets."""

    street = forms.CharField(label="Street and number", max_length=120)
    postcode = forms.CharField(label="Postcode", max_length=16)
    locality = forms.CharField(label="Town", max_length=80)
    meter_number = forms.CharField(label="Number of the new meter", max_length=32)
    phases = forms.ChoiceField(label="Phases", choices=Phases.choices)
    nominal_voltage_v = forms.IntegerField(
        label="Voltage to neutral, V", min_value=100, max_value=40_000, initial=120
    )

    def new_point(self) -> NewPoint:
        names = ("street", "postcode", "locality", "meter_number", "phases", "nominal_voltage_v")
        return NewPoint(**{name: self.cleaned_data[name] for name in names})


def crew_form_of(work: WorkRequest) -> type[CrewForm]:
    return CrewForm if work.usage_point_id else NewPointCrewForm
