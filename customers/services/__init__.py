"""Deeds of the customer floor."""

from customers.services.agreements import TariffNotAccepted, accept_tariff, end_agreement
from customers.services.delivery import (
    mark_read,
    pass_on_in_person,
    send_again,
    send_due_notices,
)
from customers.services.mirrors import Place, mirror_request
from customers.services.notices import queue_notice
from customers.services.numbering import next_number
from customers.services.orders import (
    ReasonMissing,
    block_service_order,
    cancel_service_order,
    finish_service_order,
    open_service_order,
    start_service_order,
)
from customers.services.passages import RequestMoved
from customers.services.proposals import drop_proposals, propose_order
from customers.services.requests import (
    NotTheirTurn,
    assign_request,
    open_request,
    take_way,
    withdraw_request,
)
from customers.services.sending import Visit

__all__ = [
    "NotTheirTurn",
    "Place",
    "ReasonMissing",
    "RequestMoved",
    "TariffNotAccepted",
    "Visit",
    "accept_tariff",
    "assign_request",
    "block_service_order",
    "cancel_service_order",
    "drop_proposals",
    "end_agreement",
    "finish_service_order",
    "mark_read",
    "mirror_request",
    "next_number",
    "open_request",
    "open_service_order",
    "pass_on_in_person",
    "propose_order",
    "queue_notice",
    "send_again",
    "send_due_notices",
    "start_service_order",
    "take_way",
    "withdraw_request",
]
