"""Routes of this floor, one list for each prefix of `derms.urls`."""

from django.urls import URLPattern, path

from groups import api as rest
from groups.views import operations as operator_pages
from groups.views import service as service_pages

operations: list[URLPattern] = [
    path("groups/", operator_pages.group_list, name="operations_groups"),
    path("groups/new", operator_pages.group_new, name="operations_group_new"),
    path("groups/<int:group_id>", operator_pages.group_page, name="operations_group"),
]
service: list[URLPattern] = [
    path("groups/", service_pages.request_list, name="service_group_requests"),
    path("groups/<int:group_id>", service_pages.request_page, name="service_group_request"),
]
api: list[URLPattern] = [
    path("groups/", rest.GroupList.as_view(), name="api_groups"),
    path("groups/request", rest.GroupRequest.as_view(), name="api_group_request"),
    path("groups/<int:pk>", rest.GroupDetail.as_view(), name="api_group"),
    path("groups/<int:pk>/status", rest.GroupStatusNow.as_view(), name="api_group_status"),
    path("groups/<int:pk>/approve", rest.GroupApprove.as_view(), name="api_group_approve"),
    path("groups/<int:pk>/refuse", rest.GroupRefuse.as_view(), name="api_group_refuse"),
    path("groups/<int:pk>/take-live", rest.GroupTakeLive.as_view(), name="api_group_take_live"),
    path(
        "groups/<int:pk>/request-dissolution",
        rest.GroupRequestDissolution.as_view(),
        name="api_group_request_dissolution",
    ),
    path("groups/<int:pk>/dissolve", rest.GroupDissolve.as_view(), name="api_group_dissolve"),
    path("memberships/", rest.MembershipList.as_view(), name="api_memberships"),
]
