"""What a planner types: several DER at once, and how far the feeder has grown (IC-9)."""

from typing import Any

from django import forms

from interconnection.services.planning import MOST_DER, Growth, PlannedDer

LARGEST_KW = 50_000.0


class WhatIfForm(forms.Form):
    """One DER in each line: bus, phases, kW."""

    title = forms.CharField(label="Name of the plan", max_length=120)
    der = forms.CharField(
        label="DER, one in each line: bus, phases, kW",
        help_text="For example: T5 ABC 400. Phases are A, B, C or ABC.",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    load_growth_pct = forms.FloatField(
        label="Load, more than today in %", initial=0, min_value=-90, max_value=300
    )
    der_growth_pct = forms.FloatField(
        label="Connected and queued DER, more than today in %", initial=0, min_value=-100,
        max_value=1000,
    )  # fmt: skip

    def clean_der(self) -> list[PlannedDer]:
        lines = [line for line in self.cleaned_data["der"].splitlines() if line.strip()]
        if len(lines) > MOST_DER:
            raise forms.ValidationError(f"There are {len(lines)} lines; {MOST_DER} may be.")
        return [_planned(number, line) for number, line in enumerate(lines, start=1)]

    def growth(self) -> Growth:
        data: dict[str, Any] = self.cleaned_data
        return Growth(data["load_growth_pct"], data["der_growth_pct"])


def _planned(number: int, line: str) -> PlannedDer:
    words = line.replace(",", " ").replace(";", " ").split()
    try:
        bus, phases, power = words
        power_kw = float(power)
    except ValueError:
        raise forms.ValidationError(
            f"Line {number} is “{line[:40]}”: write bus, phases and kW, such as T5 ABC 400."
        ) from None
    if not 0 < power_kw <= LARGEST_KW:
        raise forms.ValidationError(
            f"Line {number}: {power} kW; write more than 0 and at most {LARGEST_KW:,.0f}."
        )
    return PlannedDer(bus, phases.upper(), power_kw * 1000)
