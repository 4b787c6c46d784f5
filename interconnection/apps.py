"""App registration."""

from django.apps import AppConfig


class InterconnectionConfig(AppConfig):
    """See the package's docstring."""

    name = "interconnection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from interconnection import receivers  # noqa: PLC0415  needs the app registry

        receivers.listen()
