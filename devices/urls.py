"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from devices.views import commissioning

portal: list[URLPattern] = []
engineering: list[URLPattern] = [
    path(
        "applications/<str:reference>/permission",
        commissioning.engineering_permission,
        name="engineering_permission",
    ),
]
field: list[URLPattern] = [
    path(
        "orders/<str:number>/test/<int:unit_id>",
        commissioning.field_live_test,
        name="field_live_test",
    ),
]
