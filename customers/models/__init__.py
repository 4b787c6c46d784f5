"""Tables of the customer floor."""

from customers.models.customer import Customer, ServiceArea, ServiceLocation, UsagePoint
from customers.models.notice import Notice, NoticeStatusChange
from customers.models.number import NumberSeries
from customers.models.provider import Representation, ThirdParty, ThirdPartyMember
from customers.models.request import (
    Holiday,
    RequestFile,
    RequestNote,
    RequestPassage,
    ServiceRequest,
    ServiceRequestStatusChange,
)
from customers.models.search import SearchEntry
from customers.models.service import ServiceOrder, ServiceOrderStatusChange
from customers.models.tariff import CustomerAgreement, Tariff, TariffVersion

__all__ = [
    "Customer",
    "CustomerAgreement",
    "Holiday",
    "Notice",
    "NoticeStatusChange",
    "NumberSeries",
    "Representation",
    "RequestFile",
    "RequestNote",
    "RequestPassage",
    "SearchEntry",
    "ServiceArea",
    "ServiceLocation",
    "ServiceOrder",
    "ServiceOrderStatusChange",
    "ServiceRequest",
    "ServiceRequestStatusChange",
    "Tariff",
    "TariffVersion",
    "ThirdParty",
    "ThirdPartyMember",
    "UsagePoint",
]
