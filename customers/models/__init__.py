"""Tables of the customer floor."""

from customers.models.customer import Customer, ServiceArea, ServiceLocation, UsagePoint
from customers.models.notice import Notice, NoticeStatusChange, NoticeWording
from customers.models.number import NumberSeries
from customers.models.privacy import CustomerErasure, CustomerLook, CustomerMerge
from customers.models.programme import Enrolment, Programme, ProgrammeVersion
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
from customers.models.service import (
    OrderProposal,
    OrderProposalStatusChange,
    ServiceOrder,
    ServiceOrderStatusChange,
    VisitPhoto,
    VisitReport,
)
from customers.models.statement import Statement
from customers.models.tariff import CustomerAgreement, Tariff, TariffDraft, TariffVersion
from customers.models.work import WorkRequest, WorkRequestStatusChange

__all__ = [
    "Customer",
    "CustomerAgreement",
    "CustomerErasure",
    "CustomerLook",
    "CustomerMerge",
    "Enrolment",
    "Holiday",
    "Notice",
    "NoticeStatusChange",
    "NoticeWording",
    "NumberSeries",
    "OrderProposal",
    "OrderProposalStatusChange",
    "Programme",
    "ProgrammeVersion",
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
    "Statement",
    "Tariff",
    "TariffDraft",
    "TariffVersion",
    "ThirdParty",
    "ThirdPartyMember",
    "UsagePoint",
    "VisitPhoto",
    "VisitReport",
    "WorkRequest",
    "WorkRequestStatusChange",
]
