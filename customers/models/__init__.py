"""Tables of the customer floor."""

from customers.models.customer import Customer, Language, ServiceArea, ServiceLocation, UsagePoint
from customers.models.letter import Letter, LetterStatusChange
from customers.models.notice import Notice, NoticeStatusChange, NoticeWording
from customers.models.number import NumberSeries
from customers.models.privacy import CustomerErasure, CustomerLook, CustomerMerge
from customers.models.programme import Enrolment, Programme, ProgrammeVersion
from customers.models.provider import (
    AccountAccess,
    Representation,
    Right,
    ThirdParty,
    ThirdPartyMember,
)
from customers.models.repair import ServiceProvider
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
from customers.models.statement import Statement, StatementMetering
from customers.models.tariff import CustomerAgreement, Tariff, TariffDraft, TariffVersion
from customers.models.work import WorkRequest, WorkRequestStatusChange

__all__ = [
    "AccountAccess",
    "Customer",
    "CustomerAgreement",
    "CustomerErasure",
    "CustomerLook",
    "CustomerMerge",
    "Enrolment",
    "Holiday",
    "Language",
    "Letter",
    "LetterStatusChange",
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
    "Right",
    "SearchEntry",
    "ServiceArea",
    "ServiceLocation",
    "ServiceOrder",
    "ServiceOrderStatusChange",
    "ServiceProvider",
    "ServiceRequest",
    "ServiceRequestStatusChange",
    "Statement",
    "StatementMetering",
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
