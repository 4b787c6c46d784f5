"""Tables of the interconnection floor."""

from interconnection.models.application import (
    ApplicationStatusChange,
    ApplicationUnit,
    EquipmentModel,
    InterconnectionApplication,
)
from interconnection.models.decision import Decision, DecisionStatusChange, NetworkUpgrade
from interconnection.models.der import DER, CommissioningOrder, CommissioningTest
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
from interconnection.models.network_version import NetworkVersion
from interconnection.models.study import ScreeningResult, ScreeningRun, Study, StudyStatusChange

__all__ = [
    "DER",
    "ApplicationStatusChange",
    "ApplicationUnit",
    "Bus",
    "CommissioningOrder",
    "CommissioningTest",
    "Decision",
    "DecisionStatusChange",
    "DistributionTransformer",
    "EquipmentModel",
    "Feeder",
    "InterconnectionApplication",
    "LineSection",
    "LineSegment",
    "Nameplate",
    "NetworkUpgrade",
    "NetworkVersion",
    "ScreeningResult",
    "ScreeningRun",
    "ServiceConnection",
    "Study",
    "StudyStatusChange",
    "Substation",
]
