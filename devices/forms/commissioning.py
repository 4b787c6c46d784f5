"""What a technician types for a live test."""

import re

from django import forms

HOST = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?$")


class LiveTestForm(forms.Form):
    """Where the device answers Modbus TCP."""

    host = forms.CharField(
        label="Address",
        max_length=253,
        help_text="IP address or name, without http:// and port.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    port = forms.IntegerField(
        label="Port", min_value=1, max_value=65_535, initial=502, help_text="Usually 502."
    )
    unit = forms.IntegerField(
        label="Modbus unit", min_value=0, max_value=247, initial=1, help_text="Usually 1."
    )

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"]).strip()
        if not HOST.match(host):
            raise forms.ValidationError(
                "This is no address. Enter it like 192.168.1.40 or inverter.local."
            )
        return host
