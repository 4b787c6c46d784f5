"""Statuses of the interconnection floor and the moves each allows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from derms.lib.lifecycle import Moves
from derms.lib.words import mark


class ApplicationStatus(models.TextChoices):
    """Where an application stands, and so who acts next (CS-5, IC-1 … IC-7)."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    INCOMPLETE = "incomplete", _("Incomplete")
    IN_REVIEW = "in_review", _("In engineering review")
    DECISION_PROPOSED = "decision_proposed", _("Awaiting Operations")
    HELD = "held", _("On hold")
    APPROVED = "approved", _("Approved")
    COMMISSIONING = "commissioning", _("Commissioning")
    PERMITTED = "permitted", _("Permission to operate")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


_S = ApplicationStatus
APPLICATION_MOVES: Moves = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    _S.SUBMITTED: frozenset({_S.INCOMPLETE, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.INCOMPLETE: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    _S.IN_REVIEW: frozenset({_S.DECISION_PROPOSED, _S.INCOMPLETE, _S.WITHDRAWN}),
    _S.DECISION_PROPOSED: frozenset(
        {_S.APPROVED, _S.HELD, _S.REJECTED, _S.IN_REVIEW, _S.WITHDRAWN}
    ),
    _S.HELD: frozenset({_S.IN_REVIEW, _S.WITHDRAWN}),
    _S.APPROVED: frozenset({_S.COMMISSIONING, _S.WITHDRAWN}),
    _S.COMMISSIONING: frozenset({_S.PERMITTED, _S.WITHDRAWN}),
    _S.PERMITTED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
APPLICATION_ENDED = frozenset({_S.PERMITTED, _S.REJECTED, _S.WITHDRAWN})
# Applications whose generation counts against a feeder's room for those behind them.
APPLICATION_QUEUED = frozenset(
    {_S.SUBMITTED, _S.IN_REVIEW, _S.DECISION_PROPOSED, _S.HELD, _S.APPROVED, _S.COMMISSIONING}
)

NEXT_ACTOR: dict[str, str] = {
    _S.DRAFT: mark("Customer"),
    _S.SUBMITTED: mark("Customer service"),
    _S.INCOMPLETE: mark("Customer"),
    _S.IN_REVIEW: mark("Engineering"),
    _S.DECISION_PROPOSED: mark("Operations"),
    _S.HELD: mark("Engineering"),
    _S.APPROVED: mark("Customer service"),
    _S.COMMISSIONING: mark("Field technician"),
    _S.PERMITTED: mark("Nobody"),
    _S.REJECTED: "Nobody",
    _S.WITHDRAWN: "Nobody",
}

# How a status is drawn; a word always stands beside it.
STATUS_KIND: dict[str, str] = {
    _S.DRAFT: "idle",
    _S.SUBMITTED: "wait",
    _S.INCOMPLETE: "warn",
    _S.IN_REVIEW: "wait",
    _S.DECISION_PROPOSED: "wait",
    _S.HELD: "warn",
    _S.APPROVED: "done",
    _S.COMMISSIONING: "active",
    _S.PERMITTED: "done",
    _S.REJECTED: "bad",
    _S.WITHDRAWN: "off",
}


class DecisionVerdict(models.TextChoices):
    """What Engineering proposes (IC-5)."""

    APPROVE = "approve", "Approve"
    HOLD = "hold", "Hold"
    REJECT = "reject", "Reject"


class DecisionStatus(models.TextChoices):
    """Whether Operations has confirmed what Engineering proposes (IC-5)."""

    PROPOSED = "proposed", "Awaiting Operations"
    CONFIRMED = "confirmed", "Confirmed"
    DECLINED = "declined", "Declined by Operations"


DECISION_MOVES: Moves = {
    DecisionStatus.PROPOSED: frozenset({DecisionStatus.CONFIRMED, DecisionStatus.DECLINED}),
    DecisionStatus.CONFIRMED: frozenset(),
    DecisionStatus.DECLINED: frozenset(),
}


class PaperStatus(models.TextChoices):
    """Whether customer service has accepted a paper that the tariff asks for (CS-2)."""

    SENT = "sent", _("Sent, not looked at yet")
    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")


PAPER_MOVES: Moves = {
    PaperStatus.SENT: frozenset({PaperStatus.ACCEPTED, PaperStatus.RETURNED}),
    PaperStatus.ACCEPTED: frozenset({PaperStatus.RETURNED}),
    PaperStatus.RETURNED: frozenset(),
}


# Approved and without permission to operate: what a feeder's forecast counts on.
APPLICATION_COMING = frozenset({_S.APPROVED, _S.COMMISSIONING})


class ShiftCause(models.TextChoices):
    """Why a feeder's forecast has changed (IC-8); values as of `screening.coming.Cause`."""

    LATER = "later", "Planned later"
    EARLIER = "earlier", "Planned earlier"
    OVERDUE = "overdue", "Planned day over"
    DATED = "dated", "New day stated"


class DateOfferStatus(models.TextChoices):
    """What became of an incentive to keep a date (IC-8)."""

    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not answered in time")
    EARNED = "earned", _("Earned")
    LAPSED = "lapsed", _("Lapsed")


class DateOfferOutcome(models.TextChoices):
    """Why an offer was settled as it was; `selectors.construction` says it in words."""

    KEPT = "kept", "Permission by the date"
    MISSED = "missed", "No permission by the date"
    UNANSWERED = "unanswered", "Not answered in time"
    PERMITTED_FIRST = "permitted_first", "Permission before an answer"
    WITHDRAWN = "withdrawn", "Application withdrawn"


_O = DateOfferStatus
DATE_OFFER_MOVES: Moves = {
    _O.OFFERED: frozenset({_O.ACCEPTED, _O.DECLINED, _O.EXPIRED}),
    _O.ACCEPTED: frozenset({_O.EARNED, _O.LAPSED}),
    _O.DECLINED: frozenset(),
    _O.EXPIRED: frozenset(),
    _O.EARNED: frozenset(),
    _O.LAPSED: frozenset(),
}
DATE_OFFER_OPEN = frozenset({_O.OFFERED, _O.ACCEPTED})


class OverrideStatus(models.TextChoices):
    """Whether a second engineer agrees that a screen's result does not stand (IC-3)."""

    ASKED = "asked", "Awaiting a second engineer"
    CONFIRMED = "confirmed", "Confirmed"
    DECLINED = "declined", "Declined"


OVERRIDE_MOVES: Moves = {
    OverrideStatus.ASKED: frozenset({OverrideStatus.CONFIRMED, OverrideStatus.DECLINED}),
    OverrideStatus.CONFIRMED: frozenset(),
    OverrideStatus.DECLINED: frozenset(),
}


class ConditionKind(models.TextChoices):
    """What a condition of an approval limits (IC-5)."""

    EXPORT_LIMIT = "export_limit", "Export limit"
    SETTINGS_PROFILE = "settings_profile", "Settings profile"
    FLEXIBLE = "flexible", "Flexible connection"
    OTHER = "other", "Other"


class RestudyCause(models.TextChoices):
    """Why an application has to be looked at again (IC-1, IC-5)."""

    UPGRADE = "upgrade", "Its upgrade is in service"
    AHEAD = "ahead", "An earlier application has gone"
    NETWORK = "network", "What was missing of the network has come"


class RestudyOutcome(models.TextChoices):
    """What looking at it again has brought."""

    OPEN = "open", "To be looked at"
    DONE = "done", "Looked at"
    RELEASED = "released", "Released from its hold"
    STILL_HELD = "still_held", "Still on hold"


class StudyKind(models.TextChoices):
    """What a study is about: one application, all points of a feeder, or a plan."""

    APPLICATION = "application", "Application"
    CAPACITY = "capacity", "Capacity map"
    WHAT_IF = "what_if", "What if"


class StudyStatus(models.TextChoices):
    """How far a power-flow study has come (IC-4)."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


# A running study whose worker died waits again.
STUDY_MOVES: Moves = {
    StudyStatus.QUEUED: frozenset({StudyStatus.RUNNING, StudyStatus.CANCELLED, StudyStatus.FAILED}),
    StudyStatus.RUNNING: frozenset(
        {StudyStatus.QUEUED, StudyStatus.DONE, StudyStatus.FAILED, StudyStatus.CANCELLED}
    ),
    StudyStatus.DONE: frozenset(),
    StudyStatus.FAILED: frozenset(),
    StudyStatus.CANCELLED: frozenset(),
}
STUDY_OPEN = frozenset({StudyStatus.QUEUED, StudyStatus.RUNNING})


class UploadStatus(models.TextChoices):
    """How far a network model that somebody brought has come (IC-2)."""

    QUEUED = "queued", "Waits for its check"
    RUNNING = "running", "Is being checked"
    CHECKED = "checked", "To be accepted or rejected"
    UNREADABLE = "unreadable", "Cannot be read"
    CANCELLED = "cancelled", "Cancelled"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


# What was checked against a version that is no longer current waits again.
UPLOAD_MOVES: Moves = {
    UploadStatus.QUEUED: frozenset(
        {UploadStatus.RUNNING, UploadStatus.CANCELLED, UploadStatus.UNREADABLE}
    ),
    UploadStatus.RUNNING: frozenset(
        {
            UploadStatus.QUEUED, UploadStatus.CHECKED, UploadStatus.UNREADABLE,
            UploadStatus.CANCELLED,
        }
    ),
    UploadStatus.CHECKED: frozenset(
        {UploadStatus.ACCEPTED, UploadStatus.REJECTED, UploadStatus.QUEUED}
    ),
    UploadStatus.UNREADABLE: frozenset(),
    UploadStatus.CANCELLED: frozenset(),
    UploadStatus.ACCEPTED: frozenset(),
    UploadStatus.REJECTED: frozenset(),
}  # fmt: skip
UPLOAD_OPEN = frozenset({UploadStatus.QUEUED, UploadStatus.RUNNING})


class ScreenOutcome(models.TextChoices):
    """What a screen says; missing input never passes."""

    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    NOT_APPLICABLE = "not_applicable", "Does not apply"
    SKIPPED = "skipped", "Skipped"
    INCONCLUSIVE = "inconclusive", "Cannot be decided"


class Stability(models.TextChoices):
    """What is known of transient stability near a substation (SGIP 2.2.1.9)."""

    NONE_KNOWN = "none_known", "None known or posted"
    POSTED = "posted", "Known or posted"


class Wires(models.IntegerChoices):
    """Wires of a three-phase primary line (SGIP 2.2.1.6)."""

    THREE = 3, "Three"
    FOUR = 4, "Four"


class NetworkService(models.TextChoices):
    """How a secondary is fed (SGIP 2.2.1.3)."""

    RADIAL = "radial", "Radial"
    SPOT = "spot", "Spot network"
    AREA = "area", "Area network"


class PrimaryConnection(models.TextChoices):
    """How a service transformer is connected to the primary line (SGIP 2.2.1.6)."""

    LINE_TO_LINE = "line_to_line", "Between phases"
    GROUNDED = "grounded", "To the grounded neutral"


class JudgedScreen(models.TextChoices):
    """Screens that an engineer answers where no figure does."""

    CONSTRUCTION = "construction", "Construction by the utility"
    VOLTAGE_QUALITY = "voltage_quality", "Voltage and power quality"
    SAFETY = "safety", "Safety and reliability"


class TestOutcome(models.TextChoices):
    """Result of a live commissioning test (IC-6)."""

    PASSED = "passed", "Passed"
    MISMATCH = "mismatch", "Mismatch"
    SETTINGS = "settings", "Settings differ"
    UNREACHABLE = "unreachable", "No answer"
    NOT_SUNSPEC = "not_sunspec", "Not a SunSpec device"


class Export(models.TextChoices):
    """How much of what it produces an installation may feed into the grid (IC-1)."""

    FULL = "full", _("Everything that is not used on site")
    LIMITED = "limited", _("Up to a limit that a controller keeps")
    NONE = "none", _("Nothing")


class NonExportBy(models.IntegerChoices):
    """What keeps an installation from exporting: options of Rule 21 screen I."""

    REVERSE_POWER = 1, _("A relay that trips on reverse power")
    MINIMUM_POWER = 2, _("A relay that keeps a minimum import")
    CONTROLLER = 7, _("A certified power control system")


class Compensation(models.TextChoices):
    """What is paid for energy that is fed in (Rule 21 screen K)."""

    NET_METERING = "net_metering", _("Net metering or net billing")
    TARIFF = "tariff", _("The price of my tariff, or nothing")


class PhasesUsed(models.TextChoices):
    """How a unit connects to a three-phase service."""

    SINGLE = "single", _("On one phase")
    THREE = "three", _("On three phases")


class Technology(models.TextChoices):
    """What kind of DER a unit is."""

    PHOTOVOLTAIC = "photovoltaic", _("Photovoltaic")
    BATTERY = "battery", _("Battery storage")
