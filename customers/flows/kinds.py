"""The kinds of service request of EPRI 3002014619 §5.4.1, each with its own way (CS-4, CS-5)."""

from customers.flows.flow import DECLINED, DONE, Actor, Flow, Question, Step, Way
from derms.lib.words import mark

DESK, FIELD = Actor.CUSTOMER_SERVICE, Actor.TECHNICIAN
ASKED = "What the customer has to answer or send"
WHY_NOT = "Why not, in words for the customer"
WISH_DAY = Question(key="day", label=mark("On which day?"), kind="day")
ACCESS = Question(
    key="access",
    label=mark("How does our technician get to the meter?"),
    help=mark("Door code, key, a dog, who is there."),
    is_required=False,
)


def _check(ask: str, *ways: Way, plain: str = mark("Customer service checks your request")) -> Step:
    """The first step of nearly every kind: answer it, ask back, or say no."""
    question = Way(key="ask", label="Ask the customer", to="answer", asks=ASKED)
    no = Way(key="decline", label="Decline", to=DECLINED, asks=WHY_NOT)
    return Step(
        key="check", label="Check", plain=plain, actor=DESK, ask=ask, ways=(*ways, question, no)
    )


ANSWER = Step(
    key="answer",
    label="Question to the customer",
    plain=mark("You answer a question"),
    actor=Actor.CUSTOMER,
    ask=mark("Answer the question, or send what is asked for."),
    ways=(
        Way(key="answered", label=mark("Send the answer"), to="check", asks=mark("Your answer")),
    ),
    is_aside=True,
)


def _visit(plain: str, *, done: str, label: str = "Visit") -> Step:
    return Step(
        key="visit",
        label=label,
        plain=plain,
        actor=FIELD,
        ask="Carry out the field order.",
        ways=(
            Way(key="order_done", label="The order is done", to=done, by_itself=True),
            Way(key="order_cancelled", label="The order was cancelled", to="check", by_itself=True),
        ),
    )


def _reply(key: str, label: str, to: str = DONE, *, words: str = "") -> Way:
    return Way(key=key, label=label, to=to, asks=words)


TURN_ON = Flow(
    kind="turn_on",
    label="Turn service on",
    plain=mark("Turn my service on"),
    intro=mark("You move in, or come back after a season away."),
    allowed_days=3,
    questions=(
        WISH_DAY,
        Question(
            key="reason",
            label=mark("Why?"),
            kind="choice",
            choices=(
                ("move_in", mark("I move in")),
                ("season", mark("I come back for the season")),
                ("other", mark("Another reason")),
            ),
        ),
        ACCESS,
    ),
    steps=(
        _check(
            "Check the account and the premise, then order the connection.",
            Way(key="order", label="Order the connection", to="visit", orders="connection"),
        ),
        ANSWER,
        _visit(mark("A technician turns your service on"), done=DONE, label="Connection"),
    ),
)
TURN_OFF = Flow(
    kind="turn_off",
    label="Turn service off",
    plain=mark("Turn my service off"),
    intro=mark("You move out, or leave for a season."),
    allowed_days=3,
    questions=(
        WISH_DAY,
        Question(
            key="reason",
            label=mark("Why?"),
            kind="choice",
            choices=(
                ("move_out", mark("I move out")),
                ("season", mark("I leave for the season")),
                ("other", mark("Another reason")),
            ),
        ),
        Question(
            key="forwarding",
            label=mark("Where do we send the last bill?"),
            help=mark("Street, postcode and town."),
            is_required=False,
        ),
        ACCESS,
    ),
    steps=(
        _check(
            "Check that nobody else needs the supply, then order the disconnection.",
            Way(key="order", label="Order the disconnection", to="visit", orders="disconnection"),
        ),
        ANSWER,
        _visit(mark("A technician turns your service off"), done=DONE, label="Disconnection"),
    ),
)
NEW_SERVICE = Flow(
    kind="new_service",
    label="New service",
    plain=mark("Get a new service, or a larger one"),
    intro=mark("A new house, a garage that has no power yet, or a larger main breaker."),
    allowed_days=30,
    needs_point=False,
    questions=(
        Question(
            key="what",
            label=mark("What do you need?"),
            kind="choice",
            choices=(
                ("new_service", mark("A service where there is none")),
                ("extension", mark("Power in another building of mine")),
                ("upgrade", mark("A larger service than I have")),
            ),
        ),
        Question(key="place", label=mark("Where?"), help=mark("Street, postcode and town.")),
        Question(key="amperes", label=mark("Which main breaker, in amperes?"), is_required=False),
        Question(key="load", label=mark("What will it supply?"), kind="long"),
        Question(key="day", label=mark("When do you need it?"), kind="day", is_required=False),
    ),
    steps=(
        _check(
            "Check that everything Engineering needs is there, then make the work request.",
            Way(key="design", label="Make the work request", to="design", works="as_asked"),
        ),
        ANSWER,
        Step(
            key="design",
            label="Engineering",
            plain=mark("Engineering plans the work"),
            actor=Actor.ENGINEERING,
            ask="Plan the work: what is built, when, at what cost.",
            ways=(
                Way(key="work_designed", label="It is planned", to="accept", by_itself=True),
                Way(key="work_returned", label="Something is missing", to="check", by_itself=True),
            ),
        ),
        Step(
            key="accept",
            label="Customer accepts",
            plain=mark("You accept the plan and its cost"),
            actor=Actor.CUSTOMER,
            ask=mark("Read the plan and its cost, then accept it or decline it."),
            ways=(
                Way(key="accept", label=mark("Accept the plan and its cost"), to="build"),
                Way(key="refuse", label=mark("Decline the plan"), to=DECLINED, asks=mark("Why?")),
                Way(key="work_returned", label="It was cancelled", to="check", by_itself=True),
            ),
        ),
        Step(
            key="build",
            label="Construction",
            plain=mark("Our crew builds it"),
            actor=FIELD,
            ask="Plan the crew and build what Engineering designed.",
            ways=(
                Way(key="work_done", label="It is built", to=DONE, by_itself=True),
                Way(key="work_returned", label="It was cancelled", to="check", by_itself=True),
            ),
        ),
    ),
)
POWER_QUALITY = Flow(
    kind="power_quality",
    label="Power-quality investigation",
    plain=mark("Report flickering, high or low voltage"),
    intro=mark(
        "Something is wrong with the quality of your supply. For an outage, call us instead."
    ),
    allowed_days=10,
    questions=(
        Question(
            key="what",
            label=mark("What do you notice?"),
            kind="choice",
            choices=(
                ("flicker", mark("Lights flicker")),
                ("low", mark("Voltage is too low")),
                ("high", mark("Voltage is too high")),
                ("trips", mark("Equipment switches off by itself")),
                ("other", mark("Something else")),
            ),
        ),
        Question(key="when", label=mark("Since when, and at what times?")),
        Question(key="story", label=mark("Tell us more"), kind="long", is_required=False),
        ACCESS,
    ),
    steps=(
        _check(
            "See whether a neighbour reported the same, then order the investigation.",
            Way(key="order", label="Order the investigation", to="visit", orders="power_quality"),
        ),
        ANSWER,
        _visit(mark("A technician measures at your place"), done="review", label="Investigation"),
        Step(
            key="review",
            label="Engineering",
            plain=mark("Engineering reads the measurement"),
            actor=Actor.ENGINEERING,
            ask="Read the technician's result and say what was found and what is done about it.",
            ways=(_reply("found", "Tell the customer what was found", words="What was found"),),
        ),
    ),
)
_PROGRAMME = Question(key="programme", label=mark("Which programme?"))
ENROL = Flow(
    kind="enrol",
    label="Enrol in a programme",
    plain=mark("Join a programme"),
    intro=mark("Demand response or another programme of ours."),
    allowed_days=5,
    questions=(
        _PROGRAMME,
        Question(key="note", label=mark("Remark"), kind="long", is_required=False),
    ),
    steps=(
        _check(
            "Check that site and equipment qualify, then enrol the customer.",
            _reply("enrolled", "Enrolled", words="From which day, under which terms"),
        ),
        ANSWER,
    ),
)
LEAVE = Flow(
    kind="leave",
    label="Leave a programme",
    plain=mark("Leave a programme"),
    intro=mark("You keep your tariff and your equipment."),
    allowed_days=5,
    questions=(
        _PROGRAMME,
        Question(key="day", label=mark("From which day?"), kind="day"),
        Question(key="note", label=mark("Why?"), kind="long", is_required=False),
    ),
    steps=(
        _check(
            "Check the programme's rule for leaving, then take the customer out.",
            _reply("left", "Taken out", words="From which day"),
        ),
        ANSWER,
    ),
)
ACCOUNT = Flow(
    kind="account",
    label="Account issue",
    plain=mark("Ask about my bill or account"),
    intro=mark("A bill that is too high, or something on your account that is wrong."),
    allowed_days=5,
    needs_point=False,
    questions=(
        Question(
            key="what",
            label=mark("What is it about?"),
            kind="choice",
            choices=(
                ("high_bill", mark("My bill is too high")),
                ("billing", mark("A question about my bill")),
                ("details", mark("My name, address or contact")),
                ("other", mark("Something else")),
            ),
        ),
        Question(key="story", label=mark("Tell us more"), kind="long"),
    ),
    steps=(
        _check(
            "Look at the account and answer; send somebody when the meter has to be looked at.",
            _reply("answered", "Answer the customer", words="The answer, as the customer reads it"),
            Way(key="order", label="Send somebody to the meter", to="visit", orders="high_bill"),
        ),
        ANSWER,
        _visit(mark("A technician looks at your meter"), done="reply"),
        Step(
            key="reply",
            label="Answer",
            plain=mark("Customer service answers you"),
            actor=DESK,
            ask="Tell the customer what was found at the meter.",
            ways=(_reply("answered", "Answer the customer", words="What was found"),),
        ),
    ),
)


def _step(key: str, label: str, plain: str, actor: Actor, ask: str) -> Step:
    return Step(key=key, label=label, plain=plain, actor=actor, ask=ask)


# The modified flow of EPRI figure 4-1. Each step is done on the pages of the application.
CONNECT_DER = Flow(
    kind="connect_der",
    label="Connect DER",
    plain=mark("Connect solar or a battery"),
    intro=mark("Six short steps; everything you type is saved as you go."),
    allowed_days=10,
    is_mirrored=True,
    questions=(),
    steps=(
        _step(
            "tariff",
            "Tariff",
            mark("You choose a tariff and accept it"),
            Actor.CUSTOMER,
            mark("Choose a tariff and accept it."),
        ),
        _step(
            "register",
            "Nameplate and connection",
            mark("You register your equipment and where it is connected"),
            Actor.CUSTOMER,
            mark("Register the nameplate of each unit, then send the application."),
        ),
        _step(
            "completeness",
            "Completeness",
            mark("Customer service checks that everything is there"),
            DESK,
            "Check the application for completeness.",
        ),
        _step(
            "engineering",
            "Engineering",
            mark("Engineering checks whether the grid can take it"),
            Actor.ENGINEERING,
            "Screen or study the application and propose a decision.",
        ),
        _step(
            "operations",
            "Operations",
            mark("Operations confirms the decision"),
            Actor.OPERATIONS,
            "Confirm or decline what Engineering proposes.",
        ),
        _step(
            "plan",
            "Work order",
            mark("Customer service plans the visit"),
            DESK,
            "Order the visit that verifies the installation.",
        ),
        _step(
            "verification",
            "Verification",
            mark("A technician checks the installation against your tariff"),
            FIELD,
            "Verify the installation against the tariff before it is connected.",
        ),
        _step(
            "permission",
            "Permission to operate",
            mark("You may switch on"),
            Actor.ENGINEERING,
            "Grant permission to operate.",
        ),
    ),
)
FLOWS: dict[str, Flow] = {
    flow.kind: flow
    for flow in (
        TURN_ON,
        TURN_OFF,
        NEW_SERVICE,
        POWER_QUALITY,
        ENROL,
        LEAVE,
        ACCOUNT,
        CONNECT_DER,
    )
}
