"""Back office of this floor: reading what was said."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from typing_extensions import override

from cim.models import MessageLog, OrderPush


class ReadOnly(admin.ModelAdmin[Any]):
    """Nobody changes what was said."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(MessageLog)
class MessageLogAdmin(ReadOnly):
    """Messages and their answers."""

    list_display = ("received_at", "sender", "verb", "noun", "message_id", "outcome")
    list_filter = ("outcome", "noun")
    list_select_related = ("sender",)
    search_fields = ("message_id", "correlation_id", "content")


@admin.register(OrderPush)
class OrderPushAdmin(ReadOnly):
    """What the work-management system was told, and whether it took it."""

    list_display = ("queued_at", "order", "work", "state", "attempts", "next_attempt_at", "answer")
    list_select_related = ("order", "work")
    search_fields = ("order__number", "work__number", "message_id")
