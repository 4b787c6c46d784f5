"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from customers import api as rest
from customers.views import desk, portal_requests, request_list
from customers.views import portal as portal_views
from customers.views import requests as request_views
from customers.views import service as service_views

_REQUEST = "requests/<str:number>"
portal: list[URLPattern] = [
    path("messages", portal_views.inbox, name="portal_messages"),
    path("messages/<int:notice_id>/read", portal_views.mark_read, name="portal_message_read"),
    path("requests/", portal_requests.request_list, name="portal_requests"),
    path("requests/new/<str:kind>", portal_requests.new_request, name="portal_request_new"),
    path(_REQUEST, portal_requests.request_page, name="portal_request"),
    path(f"{_REQUEST}/answer/<str:way>", portal_requests.answer, name="portal_request_answer"),
    path(f"{_REQUEST}/files", portal_requests.add_file, name="portal_request_add_file"),
    path(f"{_REQUEST}/withdraw", portal_requests.withdraw, name="portal_request_withdraw"),
    path("files/<uuid:key>", portal_requests.file, name="portal_request_file"),
    path("agreements/<int:agreement_id>", portal_views.agreement, name="portal_agreement"),
]
service: list[URLPattern] = [
    path("requests/", request_list.request_list, name="service_requests"),
    path(_REQUEST, request_views.request_page, name="service_request"),
    path(f"{_REQUEST}/ways/<str:way>", request_views.take_way, name="service_request_way"),
    path(f"{_REQUEST}/notes", request_views.write_note, name="service_request_note"),
    path(f"{_REQUEST}/files", request_views.add_file, name="service_request_add_file"),
    path(f"{_REQUEST}/withdraw", request_views.withdraw, name="service_request_withdraw"),
    path(f"{_REQUEST}/assign", request_views.assign, name="service_request_assign"),
    path("files/<uuid:key>", request_views.file, name="service_request_file"),
    path(
        "customers/<int:customer_id>/requests/new",
        request_list.choose_kind,
        name="service_request_kinds",
    ),
    path(
        "customers/<int:customer_id>/requests/new/<str:kind>",
        request_list.new_request,
        name="service_request_new",
    ),
    path("holidays/", request_list.holiday_list, name="service_holidays"),
    path(
        "holidays/<int:holiday_id>/remove",
        request_list.holiday_remove,
        name="service_holiday_remove",
    ),
    path("customers/", desk.search_page, name="service_customers"),
    path("messages", service_views.notices, name="service_notices"),
    path("messages/<int:notice_id>/told", service_views.told, name="service_notice_told"),
]
api: list[URLPattern] = [
    path("search", rest.Search.as_view(), name="api_search"),
    path("customers/", rest.CustomerList.as_view(), name="api_customers"),
    path("customers/<int:pk>", rest.CustomerDetail.as_view(), name="api_customer"),
    path("usage-points/", rest.UsagePointList.as_view(), name="api_usage_points"),
    path("usage-points/<int:pk>", rest.UsagePointDetail.as_view(), name="api_usage_point"),
    path("tariffs/", rest.TariffsInForce.as_view(), name="api_tariffs"),
]
