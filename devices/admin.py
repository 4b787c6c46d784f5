"""Back office of the device floor: alarms to look at, and their limits."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from typing_extensions import override

from devices.alarming.limits import Limit, problems
from devices.models import Alarm, AlarmLimit, AlarmMail
from devices.services import set_alarm_limit


class Evidence(admin.ModelAdmin[Any]):
    """Rows that are written by services only: shown, never changed here."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Alarm)
class AlarmAdmin(Evidence):
    """Alarms; operators act on them in their own list."""

    list_display = ("raised_at", "priority", "kind", "place", "status", "acknowledged_by")
    list_filter = ("status", "priority", "kind")
    search_fields = ("message", "place", "device__serial_number")
    show_full_result_count = False


@admin.register(AlarmMail)
class AlarmMailAdmin(Evidence):
    """Mails to operators, with how far each has come."""

    list_display = ("created_at", "username", "email", "subject", "status", "attempts")
    list_filter = ("status",)
    search_fields = ("username", "email", "subject")


class LimitForm(forms.ModelForm[AlarmLimit]):
    """The same rules as on the engineers' page."""

    class Meta:
        model = AlarmLimit
        fields = (
            "kind", "feeder", "device_kind", "is_enabled", "limit", "dead_band", "delay_on_s",
            "delay_off_s", "priority", "reason",
        )  # fmt: skip

    @override
    def clean(self) -> dict[str, Any] | None:
        facts = super().clean()
        if not self.errors:
            found = problems(_limit(self.instance, self.cleaned_data))
            if found:
                raise ValidationError({name: [words] for name, words in found.items()})
        return facts


@admin.register(AlarmLimit)
class AlarmLimitAdmin(admin.ModelAdmin[AlarmLimit]):
    """Limits by scope; each change keeps who, when and why."""

    form = LimitForm
    list_display = ("kind", "feeder", "device_kind", "limit", "dead_band", "priority", "is_enabled")
    list_filter = ("kind", "feeder", "device_kind")

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: AlarmLimit | None = None) -> Any:
        return ("kind", "feeder", "device_kind") if obj else ()

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """On the engineers' page, where a reason is asked for."""
        return False

    @override
    def save_model(
        self, request: HttpRequest, obj: AlarmLimit, form: forms.ModelForm[Any], change: bool
    ) -> None:
        kept = set_alarm_limit(
            limit=obj.as_limit(),
            feeder=obj.feeder,
            device_kind=obj.device_kind,
            reason=obj.reason,
            at=timezone.now(),
            by=request.user.get_username(),
        )
        obj.pk = kept.pk


def _limit(row: AlarmLimit, facts: dict[str, Any]) -> Limit:
    given = {name: facts.get(name, getattr(row, name)) for name in Limit.__slots__}
    return Limit(**given)
