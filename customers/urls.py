"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from customers import api as rest
from customers.views import portal as portal_views
from customers.views import service as service_views

portal: list[URLPattern] = [
    path("messages", portal_views.inbox, name="portal_messages"),
    path("messages/<int:notice_id>/read", portal_views.mark_read, name="portal_message_read"),
    path("agreements/<int:agreement_id>", portal_views.agreement, name="portal_agreement"),
]
service: list[URLPattern] = [
    path("messages", service_views.notices, name="service_notices"),
    path("messages/<int:notice_id>/told", service_views.told, name="service_notice_told"),
]
api: list[URLPattern] = [
    path("customers/", rest.CustomerList.as_view(), name="api_customers"),
    path("customers/<int:pk>", rest.CustomerDetail.as_view(), name="api_customer"),
    path("usage-points/", rest.UsagePointList.as_view(), name="api_usage_points"),
    path("usage-points/<int:pk>", rest.UsagePointDetail.as_view(), name="api_usage_point"),
    path("tariffs/", rest.TariffsInForce.as_view(), name="api_tariffs"),
]
