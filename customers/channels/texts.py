"""The words of every notice, with the facts each needs (CS-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from derms.lib.words import mark, say


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Subject and body of one template; fields in braces are facts of the case."""

    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Text:
    """A notice as the customer reads it."""

    subject: str
    body: str


class WrongNotice(ValueError):
    """A template that does not exist, or a fact that it needs and did not get."""


WORDINGS: dict[str, Wording] = {
    "application_submitted": Wording(
        subject=mark("We have your application {reference}"),
        body=mark(
            "Your application {reference} for {address} has arrived.\n"
            "Customer service checks within 10 working days whether everything is there. "
            "You need to do nothing now; we write to you at each step."
        ),
    ),
    "application_incomplete": Wording(
        subject=mark("Please complete your application {reference}"),
        body=mark(
            "Something is missing in your application {reference}:\n\n{request}\n\n"
            "Open the application in the portal, change it and send it again. "
            "Our clock stands still until you do."
        ),
    ),
    "application_in_review": Wording(
        subject=mark("Your application {reference} is complete"),
        body=mark(
            "Your application {reference} is complete. Its place in the queue is fixed by today. "
            "Engineering now checks whether the grid can take your equipment, "
            "within 15 working days. You need to do nothing."
        ),
    ),
    "application_held": Wording(
        subject=mark("Your application {reference} waits for work on the grid"),
        body=mark(
            "Your application {reference} is on hold until work on the grid is done: {upgrade}.\n"
            "Reason: {reasons}\nYou keep your place. We write to you when it goes on."
        ),
    ),
    "application_resumed": Wording(
        subject=mark("Your application {reference} goes on"),
        body=mark(
            "What your application {reference} waited for is done: {upgrade}.\n"
            "Engineering looks at it again now, with the grid as it is today. "
            "You need to do nothing."
        ),
    ),
    "application_still_held": Wording(
        subject=mark("Your application {reference} still has to wait"),
        body=mark(
            "What your application {reference} waited for is done: {upgrade}.\n"
            "The grid still cannot take your equipment as applied for: {reasons}\n"
            "An engineer looks at what can be done and writes to you. You keep your place."
        ),
    ),
    "application_rejected": Wording(
        subject=mark("We cannot connect what you applied for ({reference})"),
        body=mark(
            "Your application {reference} was rejected.\nReason: {reasons}\n"
            "Call us: often a smaller size or another setting can be connected."
        ),
    ),
    "application_approved": Wording(
        subject=mark("Your application {reference} is approved"),
        body=mark(
            "Your application {reference} is approved.\n{conditions}\n"
            "You may have the equipment installed. Please do not switch it on yet: we now plan the "
            "visit that checks the installation."
        ),
    ),
    "paper_returned": Wording(
        subject=mark("Please send a paper again ({reference})"),
        body=mark(
            "We cannot accept “{paper}” of your application {reference} as it is: {reasons}\n"
            "Please send it again on the application's page in the portal. Until we have accepted "
            "it, we cannot give permission to switch on."
        ),
    ),
    "application_withdrawn": Wording(
        subject=mark("Your application {reference} is withdrawn"),
        body=mark(
            "Your application {reference} was withdrawn.\nReason: {reasons}\n"
            "Nothing will be connected. You can apply again at any time."
        ),
    ),
    "commissioning_planned": Wording(
        subject=mark("Visit planned for your application {reference}"),
        body=mark(
            "A technician visits {address} on {window} to check the installation. "
            "Please see that the inverter can be reached and is connected to your network."
        ),
    ),
    "permission_to_operate": Wording(
        subject=mark("You may switch on ({reference})"),
        body=mark(
            "You have permission to operate: {equipment}.\n"
            "Application {reference} is finished. You can see your production in the portal."
        ),
    ),
    "construction_dates": Wording(
        subject=mark("Dates of your installation ({reference})"),
        body=mark(
            "The installation of application {reference} is planned from {starts} to {finishes}.\n"
            "The grid operator plans with these dates. If they move, state new ones in the portal "
            "or call us."
        ),
    ),
    "construction_overdue": Wording(
        subject=mark("Your planned date is over ({reference})"),
        body=mark(
            "Your installation ({reference}) was planned to be finished on {planned}, and it has "
            "no permission to operate yet.\nPlease state a new date in the portal, or call us."
        ),
    ),
    "date_offer_made": Wording(
        subject=mark("An offer for keeping your date ({reference})"),
        body=mark(
            "We pay you {amount} if your installation ({reference}) has permission to operate on "
            "{keep_by} or before.\nAccept or decline in the portal until {valid_until}."
        ),
    ),
    "date_offer_accepted": Wording(
        subject=mark("You accepted our offer ({reference})"),
        body=mark(
            "You accepted our offer for application {reference}: {amount} for permission to "
            "operate on {keep_by} or before. It is paid with the statement of that month."
        ),
    ),
    "date_offer_declined": Wording(
        subject=mark("You declined our offer ({reference})"),
        body=mark(
            "You declined our offer of {amount} for keeping {keep_by}. Your application "
            "{reference} goes on as before."
        ),
    ),
    "date_offer_earned": Wording(
        subject=mark("You kept your date ({reference})"),
        body=mark(
            "{outcome} You kept the date {keep_by}: {amount} for application {reference} is paid "
            "with the statement of this month."
        ),
    ),
    "date_offer_lapsed": Wording(
        subject=mark("Our offer for keeping a date has ended ({reference})"),
        body=mark(
            "Our offer of {amount} for keeping {keep_by} ({reference}) has ended without being "
            "paid.\nReason: {outcome}"
        ),
    ),
    "request_received": Wording(
        subject=mark("We have your request {number}: {what}"),
        body=mark(
            "Your request {number} has arrived: {what}.\n"
            "{next} You need to do nothing now; we write to you at each step."
        ),
    ),
    "request_question": Wording(
        subject=mark("Please answer a question about your request {number}"),
        body=mark(
            "We need something for your request {number} ({what}):\n\n{question}\n\n"
            "Answer in the portal, or call us. Our clock stands still until you do."
        ),
    ),
    "request_visit": Wording(
        subject=mark("Visit planned for your request {number}"),
        body=mark(
            "For your request {number} ({what}) a technician comes on {window} to {address}."
        ),
    ),
    "request_moved": Wording(
        subject=mark("Your request {number} goes on"),
        body=mark("Your request {number} ({what}) has come to its next step: {step}.\n{words}"),
    ),
    "request_done": Wording(
        subject=mark("Your request {number} is done"),
        body=mark("Your request {number} is done: {what}.\n{words}"),
    ),
    "request_declined": Wording(
        subject=mark("We cannot do what you asked for ({number})"),
        body=mark(
            "Your request {number} ({what}) was declined.\nReason: {words}\n"
            "Call us if you think that this is wrong."
        ),
    ),
    "request_withdrawn": Wording(
        subject=mark("Your request {number} is withdrawn"),
        body=mark(
            "Your request {number} ({what}) was withdrawn.\nReason: {words}\n"
            "You can make a new one at any time."
        ),
    ),
    "group_joined": Wording(
        subject=mark("Your equipment joined the group {group}"),
        body=mark(
            "Since {since}, {equipment} belongs to the group {group}. "
            "Your tariff allows the utility to ask this group for help. You keep your agreement."
        ),
    ),
    "group_left": Wording(
        subject=mark("Your equipment left the group {group}"),
        body=mark(
            "Since {since}, {equipment} no longer belongs to the group {group}. "
            "You keep your agreement."
        ),
    ),
    "dispatch_started": Wording(
        subject=mark("The utility is using your equipment"),
        body=mark(
            "From {starts} to {ends} the utility asks the group {group} for: {what}. "
            "You need to do nothing. What was held back will be shown and paid as your tariff says."
        ),
    ),
    "statement_issued": Wording(
        subject=mark("Your statement of {period}"),
        body=mark(
            "The statement {number} of {period} for {address} is ready. Amount: {amount}.\n"
            "It shows what your equipment produced, when the utility used it, and every formula. "
            "Open it in the portal under Statements."
        ),
    ),
    "statement_corrected": Wording(
        subject=mark("A corrected statement of {period}"),
        body=mark(
            "More is known by now about {period} at {address}. Statement {number} replaces the "
            "earlier one. {correction}\nThe amount is now {amount}. "
            "Both versions stay in the portal under Statements."
        ),
    ),
    "dispatch_over": Wording(
        subject=mark("Your equipment runs as before"),
        body=mark("The request to the group {group} ended at {ends}. {result}"),
    ),
    "maintenance_needed": Wording(
        subject=mark("Your solar system gives less than it should"),
        body=mark(
            "{equipment} at {address} {what}.\n{loss}\n"
            "Nobody has to come from us: the system is yours. These companies repair such "
            "systems:\n"
            "{providers}\nThe portal shows the days under Production, Care."
        ),
    ),
    "maintenance_over": Wording(
        subject=mark("Your solar system gives what it should again"),
        body=mark(
            "{equipment} at {address} gives again what weather and neighbours explain. "
            "You need to do nothing."
        ),
    ),
    "leaving": Wording(
        subject=mark("You leave {name}"),
        body=mark(
            "You asked to leave {name} for {address}. Your last day is {last_day}.\n"
            "Until then everything stays as it is, and you can take it back in the portal."
        ),
    ),
    "enrolled": Wording(
        subject=mark("You take part in {name}"),
        body=mark(
            "{address} takes part in {name} from now on.\n{summary}\n"
            "The portal shows the terms, and how to leave."
        ),
    ),
    "tariff_changed": Wording(
        subject=mark("Your tariff is now {name}"),
        body=mark(
            "Your equipment at {address} runs under {name} from now on.\n"
            "The portal keeps the text you accepted, also as PDF."
        ),
    ),
    "consent_given": Wording(
        subject=mark("{company} may act for you"),
        body=mark(
            "We have this consent from you:\n\n{consent}\n\n"
            "You see it, and can end it on any day, in the portal under “Who has access”. "
            "If it is not from you, call us."
        ),
    ),
    "consent_ended": Wording(
        subject=mark("{company} no longer acts for you"),
        body=mark(
            "From {ends} on, {company} no longer acts for you and sees nothing of yours. "
            "Your equipment, your agreement and their history stay as they are."
        ),
    ),
    "access_accepted": Wording(
        subject=mark("{name} can open your account"),
        body=mark(
            "{name} ({email}) has accepted your invitation and may now {may}. "
            "You can end this on any day in the portal under “Who has access”."
        ),
    ),
}


def fields_of(template: str) -> frozenset[str]:
    """The facts that a template needs."""
    return _fields_in(standard(template))


def standard(template: str) -> Wording:
    """The wording that comes with the product."""
    try:
        return WORDINGS[template]
    except KeyError:
        raise WrongNotice(f"There is no notice {template}.") from None


def spoken(template: str) -> Wording:
    """The same in the language of the moment."""
    words = standard(template)
    return Wording(subject=say(words.subject), body=say(words.body))


def problem_with(template: str, wording: Wording) -> str:
    """Why these words cannot stand for this notice; empty when they can."""
    if not wording.subject.strip() or not wording.body.strip():
        return "A notice needs a subject and a text."
    try:
        used = _fields_in(wording)
    except ValueError:
        return "A brace is open. Write facts as {name}; a brace that is meant is written twice."
    unknown = sorted(used - fields_of(template))
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sorted(fields_of(template)))
        return f"There is no fact {{{unknown[0]}}} in this notice. Its facts are {known}."
    return ""


def render(template: str, context: Mapping[str, object], wording: Wording | None = None) -> Text:
    """Raises WrongNotice when the template or a fact is missing.

    Another `wording` than the standard one needs no more facts than the standard one.
    """
    missing = sorted(fields_of(template) - context.keys())
    if missing:
        raise WrongNotice(f"Notice {template} lacks {', '.join(missing)}.")
    words = wording or spoken(template)
    subject = " ".join(words.subject.format_map(_as_facts(context)).split())
    return Text(subject=subject[:200], body=words.body.format_map(_as_facts(context)))


def _as_facts(context: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in context.items()}


def _fields_in(wording: Wording) -> frozenset[str]:
    """Raises ValueError for anything but plain names in braces: no attribute, index or format."""
    names = set()
    for _, name, form, conversion in Formatter().parse(f"{wording.subject}\n{wording.body}"):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(name)
        names.add(name)
    return frozenset(names)
