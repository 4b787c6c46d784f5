"""Routes of this floor, one list for each prefix of `derms.urls`."""

from typing import Any

from django.urls import URLPattern, path

from devices.api import alarms as alarm_rest
from devices.api import fleet as rest
from devices.api import readings as past
from devices.live import DeviceConsumer
from devices.views import (
    alarm,
    alarm_limits,
    alarm_rates,
    alarms,
    commissioning,
    companies,
    device_commands,
    devices,
    gateways,
    maintenance,
    points,
    register,
    register_differences,
    register_imports,
)

portal: list[URLPattern] = [
    path("customers/", companies.customer_list, name="portal_customers"),
    path("customers/<int:customer_id>", companies.customer_page, name="portal_customer"),
    path("care", maintenance.portal, name="portal_care"),
]
_FINDING = "findings/<int:finding_id>"
service: list[URLPattern] = [
    path("findings/", maintenance.finding_list, name="service_maintenance"),
    path(_FINDING, maintenance.finding, name="service_finding"),
    path(f"{_FINDING}/tell", maintenance.tell, name="service_finding_tell"),
    path(f"{_FINDING}/dismiss", maintenance.dismiss, name="service_finding_dismiss"),
    path(
        "customers/<int:customer_id>/care",
        maintenance.customer_care,
        name="service_customer_care",
    ),
    path("findings/days", maintenance.declare, name="service_uncounted"),
    path(
        "findings/days/<int:uncounted_id>/remove",
        maintenance.withdraw,
        name="service_uncounted_remove",
    ),
]
engineering: list[URLPattern] = [
    path(
        "applications/<str:reference>/permission",
        commissioning.engineering_permission,
        name="engineering_permission",
    ),
    path("alarm-limits/", alarm_limits.limits, name="alarm_limits"),
    path("alarm-limits/decide", alarm_limits.decide, name="alarm_limit_decide"),
    path("alarm-limits/<int:limit_id>/remove", alarm_limits.remove, name="alarm_limit_remove"),
]
field: list[URLPattern] = [
    path(
        "orders/<str:number>/test/<int:unit_id>",
        commissioning.field_live_test,
        name="field_live_test",
    ),
]
operations: list[URLPattern] = [
    path("alarms/", alarms.alarms, name="operations_alarms"),
    path("alarms/acknowledge", alarms.acknowledge_ticked, name="operations_alarms_acknowledge"),
    path("alarms/counts", alarms.counts, name="operations_alarm_counts"),
    path("alarms/export", alarms.export, name="operations_alarms_export"),
    path("alarms/performance", alarm_rates.performance, name="operations_alarm_performance"),
    path("alarms/shelve", alarms.shelve_ticked, name="operations_alarms_shelve"),
    path("alarms/unshelve", alarms.unshelve_ticked, name="operations_alarms_unshelve"),
    path("alarms/<int:alarm_id>", alarm.alarm, name="operations_alarm"),
    path(
        "alarms/<int:alarm_id>/acknowledge",
        alarms.acknowledge,
        name="operations_alarm_acknowledge",
    ),
    path("alarms/<int:alarm_id>/trend", alarm.trend, name="operations_alarm_trend"),
    path("devices/", register.devices, name="operations_devices"),
    path(
        "devices/differences/",
        register_differences.difference_list,
        name="operations_differences",
    ),
    path(
        "devices/differences/decide",
        register_differences.decide,
        name="operations_difference_decide",
    ),
    path("devices/imports/", register_imports.imports, name="operations_imports"),
    path("devices/imports/template", register_imports.template, name="operations_import_template"),
    path("devices/imports/<int:run_id>", register_imports.one_import, name="operations_import"),
    path(
        "devices/imports/<int:run_id>/choices",
        register_imports.choose,
        name="operations_import_choices",
    ),
    path(
        "devices/imports/<int:run_id>/check",
        register_imports.check,
        name="operations_import_check",
    ),
    path(
        "devices/imports/<int:run_id>/apply",
        register_imports.apply,
        name="operations_import_apply",
    ),
    path(
        "devices/imports/<int:run_id>/discard",
        register_imports.discard,
        name="operations_import_discard",
    ),
    path(
        "devices/imports/<int:run_id>/errors",
        register_imports.to_correct,
        name="operations_import_rows",
    ),
    path("devices/<int:device_id>", devices.device, name="operations_device"),
    path("devices/<int:device_id>/trend", devices.trend, name="operations_device_trend"),
    path("devices/<int:device_id>/readings/", devices.readings, name="operations_device_readings"),
    path(
        "devices/<int:device_id>/command", device_commands.command, name="operations_device_command"
    ),
    path(
        "devices/<int:device_id>/command/execute",
        device_commands.execute,
        name="operations_device_execute",
    ),
    path(
        "devices/<int:device_id>/rehearsals/<int:rehearsal_id>",
        device_commands.rehearsal,
        name="operations_device_rehearsal",
    ),
    path(
        "devices/<int:device_id>/commands/",
        device_commands.commands,
        name="operations_device_commands",
    ),
    path(
        "devices/<int:device_id>/commands/<int:command_id>",
        device_commands.command_log,
        name="operations_device_command_log",
    ),
    path("devices/<int:device_id>/points/", points.points, name="operations_device_points"),
    path(
        "devices/<int:device_id>/points/read",
        points.read_points,
        name="operations_device_read_points",
    ),
    path("gateways/", gateways.gateways, name="operations_gateways"),
    path(
        "gateways/<slug:zone>/endpoints/", gateways.endpoints, name="operations_gateway_endpoints"
    ),
]
api: list[URLPattern] = [
    path("devices/", rest.DeviceList.as_view(), name="api_devices"),
    path("devices/<int:pk>", rest.DeviceDetail.as_view(), name="api_device"),
    path("devices/<int:pk>/readings/", past.ReadingList.as_view(), name="api_device_readings"),
    path(
        "devices/<int:pk>/commands/", rest.DeviceCommandList.as_view(), name="api_device_commands"
    ),
    path("latest-readings/", rest.LatestList.as_view(), name="api_latest_readings"),
    path("commands/", rest.CommandList.as_view(), name="api_commands"),
    path("commands/<int:pk>", rest.CommandDetail.as_view(), name="api_command"),
    path("alarms/", alarm_rest.AlarmList.as_view(), name="api_alarms"),
    path("alarms/<int:pk>", alarm_rest.AlarmDetail.as_view(), name="api_alarm"),
    path(
        "alarms/<int:pk>/acknowledge", alarm_rest.AlarmAcknowledge.as_view(), name="api_alarm_seen"
    ),
    path("alarms/<int:pk>/shelve", alarm_rest.AlarmShelve.as_view(), name="api_alarm_shelve"),
    path("alarms/<int:pk>/unshelve", alarm_rest.AlarmUnshelve.as_view(), name="api_alarm_unshelve"),
]
# Consumers are no views, so Channels types its routes in its own way.
_consumer: Any = DeviceConsumer.as_asgi()
websocket: list[URLPattern] = [path("ws/devices/<int:device_id>", _consumer)]
