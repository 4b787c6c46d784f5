"""App registration."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Only installed where DERMS_DEMO is set."""

    name = "derms.demo"
    label = "demo"
