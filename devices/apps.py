"""App registration."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """See the package's docstring."""

    name = "devices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Levels of care that contradict each other stop the start."""
        from devices.selectors.policy import care_policy  # noqa: PLC0415  models load first

        care_policy()
