"""What people type about groups."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from groups.models import DERGroup
from interconnection.models import DER, Feeder


class FeederForm(forms.Form):
    """Which feeder the group is on."""

    feeder = forms.ModelChoiceField(
        queryset=Feeder.objects.order_by("name"), empty_label="Choose a feeder", label="Feeder"
    )


class GroupForm(forms.Form):
    """Name, purpose and members; the members offered depend on the feeder and the person."""

    name = forms.CharField(label="Name", max_length=80)
    purpose = forms.CharField(
        label="Purpose", max_length=200, required=False, help_text="What the group is for."
    )
    ders = forms.ModelMultipleChoiceField(
        queryset=DER.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label="Members",
        error_messages={"required": "Choose at least one DER."},
    )

    def __init__(self, *args: Any, offered: QuerySet[DER], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members: Any = self.fields["ders"]
        members.queryset = offered

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if DERGroup.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(f"There is a group {name} already. Choose another name.")
        return name


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="Reason", max_length=500, widget=forms.Textarea({"rows": 2}))
