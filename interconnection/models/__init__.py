"""Tables of the interconnection floor."""

from interconnection.models.application import (
    ApplicationStatusChange,
    ApplicationUnit,
    EquipmentModel,
    InterconnectionApplication,
)
from interconnection.models.condition import DecisionCondition, StandardCondition
from interconnection.models.decision import Decision, DecisionStatusChange, NetworkUpgrade
from interconnection.models.der import DER, CommissioningOrder, CommissioningTest
from interconnection.models.equipment_list import EquipmentList
from interconnection.models.nameplate import Nameplate
from interconnection.models.network import (
    Bus,
    DistributionTransformer,
    Feeder,
    LineSection,
    LineSegment,
    ServiceConnection,
    Substation,
)
from interconnection.models.network_upload import NetworkUpload, NetworkUploadStatusChange
from interconnection.models.network_version import NetworkVersion
from interconnection.models.override import (
    ScreenOverride,
    ScreenOverrideStatusChange,
    SettingsOverride,
    SettingsOverrideStatusChange,
)
from interconnection.models.paper import ApplicationPaper, ApplicationPaperStatusChange
from interconnection.models.restudy import Restudy
from interconnection.models.review import Finding, ReviewPolicy
from interconnection.models.schedule import (
    ConstructionPlan,
    DateOffer,
    DateOfferStatusChange,
    ForecastShift,
)
from interconnection.models.study import ScreeningResult, ScreeningRun, Study, StudyStatusChange

__all__ = [
    "DER",
    "ApplicationPaper",
    "ApplicationPaperStatusChange",
    "ApplicationStatusChange",
    "ApplicationUnit",
    "Bus",
    "CommissioningOrder",
    "CommissioningTest",
    "ConstructionPlan",
    "DateOffer",
    "DateOfferStatusChange",
    "Decision",
    "DecisionCondition",
    "DecisionStatusChange",
    "DistributionTransformer",
    "EquipmentList",
    "EquipmentModel",
    "Feeder",
    "Finding",
    "ForecastShift",
    "InterconnectionApplication",
    "LineSection",
    "LineSegment",
    "Nameplate",
    "NetworkUpgrade",
    "NetworkUpload",
    "NetworkUploadStatusChange",
    "NetworkVersion",
    "Restudy",
    "ReviewPolicy",
    "ScreenOverride",
    "ScreenOverrideStatusChange",
    "ScreeningResult",
    "ScreeningRun",
    "ServiceConnection",
    "SettingsOverride",
    "SettingsOverrideStatusChange",
    "StandardCondition",
    "Study",
    "StudyStatusChange",
    "Substation",
]
