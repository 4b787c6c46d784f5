"""What customer service sends to bring a list of certified equipment in."""

from django import forms


class EquipmentListForm(forms.Form):
    """One CSV file."""

    file = forms.FileField(
        label="List as CSV",
        help_text="Columns: manufacturer, model, kW, certification; the California list as it is.",
        error_messages={"required": "Choose the file."},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
