"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from cim import views
from cim.api import WorkMessages

cim: list[URLPattern] = [
    path("61968-6", WorkMessages.as_view(), name="cim_work"),
]
service: list[URLPattern] = [
    path("orders/<str:number>/told", views.order_told, name="service_order_told"),
    path("pushes/<int:push_id>/again", views.push_again, name="service_push_again"),
]
engineering: list[URLPattern] = [
    path("works/<str:number>/told", views.work_told, name="engineering_work_told"),
]
