"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern

portal: list[URLPattern] = []
