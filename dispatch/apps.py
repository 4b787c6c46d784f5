"""App registration."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """See the package's docstring."""

    name = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dispatch import receivers  # noqa: PLC0415  needs the app registry

        receivers.listen()
