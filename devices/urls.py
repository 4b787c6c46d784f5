"""Routes of this floor, one list for each prefix of `derms.urls`."""

from typing import Any

from django.urls import URLPattern, path

from devices import api as rest
from devices.live import DeviceConsumer
from devices.views import (
    alarms,
    commissioning,
    device_commands,
    devices,
    gateways,
    points,
    register,
    register_imports,
)

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
operations: list[URLPattern] = [
    path("alarms/", alarms.alarms, name="operations_alarms"),
    path(
        "alarms/<int:alarm_id>/acknowledge",
        alarms.acknowledge,
        name="operations_alarm_acknowledge",
    ),
    path("devices/", register.devices, name="operations_devices"),
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
    path(
        "devices/<int:device_id>/command", device_commands.command, name="operations_device_command"
    ),
    path(
        "devices/<int:device_id>/command/execute",
        device_commands.execute,
        name="operations_device_execute",
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
    path("devices/<int:pk>/readings", rest.ReadingList.as_view(), name="api_device_readings"),
    path(
        "devices/<int:pk>/commands/", rest.DeviceCommandList.as_view(), name="api_device_commands"
    ),
    path("latest-readings/", rest.LatestList.as_view(), name="api_latest_readings"),
    path("commands/", rest.CommandList.as_view(), name="api_commands"),
    path("commands/<int:pk>", rest.CommandDetail.as_view(), name="api_command"),
    path("alarms/", rest.AlarmList.as_view(), name="api_alarms"),
    path("alarms/<int:pk>/acknowledge", rest.AlarmAcknowledge.as_view(), name="api_alarm_seen"),
]
# Consumers are no views, so Channels types its routes in its own way.
_consumer: Any = DeviceConsumer.as_asgi()
websocket: list[URLPattern] = [path("ws/devices/<int:device_id>", _consumer)]
