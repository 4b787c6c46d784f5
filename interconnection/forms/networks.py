"""What an engineer sends to bring a network model in, and to answer its check (IC-2)."""

import re
from typing import Any

from django import forms

from interconnection.services.network_versions import UnreadableModel, refuse_at_once

NAME = re.compile(r"[\w.-]+")


class NetworkForm(forms.Form):
    """One file for one feeder."""

    file = forms.FileField(
        label="Model",
        help_text="OpenDSS (.dss, or a .zip of the folder with its Master.dss) or CIM100 (.xml).",
        error_messages={"required": "Choose the file.", "empty": "The file is empty."},
        widget=forms.ClearableFileInput(attrs={"accept": ".dss,.xml,.zip"}),
    )
    name = forms.CharField(
        label="Feeder",
        required=False,
        max_length=64,
        help_text="As the feeder is called here; the file's name unless you type one.",
        widget=forms.TextInput(attrs={"list": "feeder-names", "autocomplete": "off"}),
    )
    allows_loops = forms.BooleanField(
        label="The network is meant to be meshed: loops are no error", required=False
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        file = values.get("file")
        if file is None:
            return values
        try:
            refuse_at_once(file.name, file.size)
        except UnreadableModel as refusal:
            self.add_error("file", refusal.message)
        values["name"] = values.get("name") or file.name.rpartition(".")[0][:64]
        if "name" not in self.errors and not NAME.fullmatch(values["name"]):
            words = "A feeder's name is of letters, figures, dots, hyphens and underscores."
            self.add_error("name", words)
        return values


class AnswerForm(forms.Form):
    """Why the model is taken, or not."""

    reason = forms.CharField(
        label="Why",
        max_length=2000,
        error_messages={"required": "Say why: it stays with the version."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
