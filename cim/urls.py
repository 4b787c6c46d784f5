"""Routes of this floor."""

from django.urls import URLPattern, path

from cim.api import WorkMessages

cim: list[URLPattern] = [
    path("61968-6", WorkMessages.as_view(), name="cim_work"),
]
