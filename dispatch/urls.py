"""Routes of this floor, one list for each prefix of `derms.urls`."""

from typing import Any

from django.urls import URLPattern, path

from dispatch.api import dispatches as rest
from dispatch.api import statements as statements_api
from dispatch.live import OperationsConsumer
from dispatch.views import dispatches, panel, service_statements
from dispatch.views import operations as console
from dispatch.views import portal as customer_pages
from dispatch.views import service as service_pages
from dispatch.views import statements as issued

operations: list[URLPattern] = [
    path("", console.console, name="operations_console"),
    path("trend", console.trend, name="operations_trend"),
    path("alarm-panel", console.alarm_panel, name="operations_alarm_panel"),
    path("groups/<int:group_id>/command", panel.command, name="operations_command"),
    path("dispatches/", dispatches.dispatch_list, name="operations_dispatches"),
    path("dispatches/<int:dispatch_id>", dispatches.dispatch_page, name="operations_dispatch"),
    path(
        "dispatches/<int:dispatch_id>/words",
        dispatches.dispatch_words,
        name="operations_dispatch_words",
    ),
    path("dispatches/<int:dispatch_id>/execute", panel.execute, name="operations_dispatch_execute"),
    path("dispatches/<int:dispatch_id>/rearm", panel.rearm, name="operations_dispatch_rearm"),
    path("dispatches/<int:dispatch_id>/cancel", panel.cancel, name="operations_dispatch_cancel"),
    path("dispatches/<int:dispatch_id>/release", panel.release, name="operations_dispatch_release"),
    path("dispatches/<int:dispatch_id>/status", panel.status, name="operations_dispatch_status"),
]
portal: list[URLPattern] = [
    path("production", customer_pages.production, name="portal_production"),
    path("production/data", customer_pages.production_data, name="portal_production_data"),
    path("events/", customer_pages.events, name="portal_events"),
    path("events/<int:setpoint_id>/leave-out", customer_pages.leave_out, name="portal_event_out"),
    path("statements/", issued.statement_list, name="portal_statements"),
    path("statements/<int:statement_id>", issued.statement, name="portal_statement"),
    path("statements/<int:statement_id>/pdf", issued.statement_pdf, name="portal_statement_pdf"),
    path("statements/<int:statement_id>/csv", issued.statement_csv, name="portal_statement_csv"),
    path(
        "statements/<int:statement_id>/green-button",
        issued.statement_green_button,
        name="portal_statement_green_button",
    ),
    path("statements/so-far/<int:usage_point_id>", issued.period, name="portal_statement_period"),
]
service: list[URLPattern] = [
    path(
        "customers/<int:customer_id>/statements",
        service_statements.statement_list,
        name="service_statements",
    ),
    path("statements/<int:statement_id>", service_statements.statement, name="service_statement"),
    path(
        "statements/<int:statement_id>/pdf",
        service_statements.statement_pdf,
        name="service_statement_pdf",
    ),
    path(
        "customers/<int:customer_id>/participation",
        service_pages.participation,
        name="service_customer_participation",
    ),
]
api: list[URLPattern] = [
    path("dispatches/", rest.DispatchList.as_view(), name="api_dispatches"),
    path("dispatches/select", rest.DispatchSelect.as_view(), name="api_dispatch_select"),
    path("dispatches/<int:pk>", rest.DispatchDetail.as_view(), name="api_dispatch"),
    path("dispatches/<int:pk>/check", rest.DispatchCheck.as_view(), name="api_dispatch_check"),
    path(
        "dispatches/<int:pk>/execute", rest.DispatchExecute.as_view(), name="api_dispatch_execute"
    ),
    path(
        "dispatches/<int:pk>/release", rest.DispatchRelease.as_view(), name="api_dispatch_release"
    ),
    path("dispatches/<int:pk>/cancel", rest.DispatchCancel.as_view(), name="api_dispatch_cancel"),
    path("deliveries/", rest.DeliveryList.as_view(), name="api_deliveries"),
    path("statements/", statements_api.StatementList.as_view(), name="api_statements"),
    path("statements/<int:pk>", statements_api.StatementDetail.as_view(), name="api_statement"),
    path(
        "statements/<int:pk>/days.csv",
        statements_api.StatementDays.as_view(),
        name="api_statement_days",
    ),
    path(
        "statements/<int:pk>/green-button.xml",
        statements_api.StatementGreenButton.as_view(),
        name="api_statement_green_button",
    ),
]
# A consumer is no view, so Django's types do not know it.
_consumer: Any = OperationsConsumer.as_asgi()
websocket: list[URLPattern] = [path("ws/live", _consumer)]
