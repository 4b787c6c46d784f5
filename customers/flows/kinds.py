"""The kinds of service request of EPRI 3002014619 §5.4.1, each with its own way (CS-4, CS-5)."""

from customers.flows.flow import DECLINED, DONE, Actor, Flow, Question, Step, Way

DESK, FIELD = Actor.CUSTOMER_SERVICE, Actor.TECHNICIAN
ASKED = "What the customer has to answer or send"
WHY_NOT = "Why not, in words for the customer"
WISH_DAY = Question(key="day", label="On which day?", kind="day")
ACCESS = Question(
    key="access",
    label="How does our technician get to the meter?",
    help="Door code, key, a dog, who is there.",
    is_required=False,
)


def _check(ask: str, *ways: Way, plain: str = "Customer service checks your request") -> Step:
    """The first step of nearly every kind: answer it, ask back, or say no."""
    question = Way(key="ask", label="Ask the customer", to="answer", asks=ASKED)
    no = Way(key="decline", label="Decline", to=DECLINED, asks=WHY_NOT)
    return Step(
        key="check", label="Check", plain=plain, actor=DESK, ask=ask, ways=(*ways, question, no)
    )


ANSWER = Step(
    key="answer",
    label="Question to the customer",
    plain="You answer a question",
    actor=Actor.CUSTOMER,
    ask="Answer the question, or send what is asked for.",
    ways=(Way(key="answered", label="Send the answer", to="check", asks="Your answer"),),
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
    plain="Turn my service on",
    intro="You move in, or come back after a season away.",
    allowed_days=3,
    questions=(
        WISH_DAY,
        Question(
            key="reason",
            label="Why?",
            kind="choice",
            choices=(
                ("move_in", "I move in"),
                ("season", "I come back for the season"),
                ("other", "Another reason"),
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
        _visit("A technician turns your service on", done=DONE, label="Connection"),
    ),
)
TURN_OFF = Flow(
    kind="turn_off",
    label="Turn service off",
    plain="Turn my service off",
    intro="You move out, or leave for a season.",
    allowed_days=3,
    questions=(
        WISH_DAY,
        Question(
            key="reason",
            label="Why?",
            kind="choice",
            choices=(
                ("move_out", "I move out"),
                ("season", "I leave for the season"),
                ("other", "Another reason"),
            ),
        ),
        Question(
            key="forwarding",
            label="Where do we send the last bill?",
            help="Street, postcode and town.",
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
        _visit("A technician turns your service off", done=DONE, label="Disconnection"),
    ),
)
NEW_SERVICE = Flow(
    kind="new_service",
    label="New service",
    plain="Get a new service, or a larger one",
    intro="A new house, a garage that has no power yet, or a larger main breaker.",
    allowed_days=30,
    needs_point=False,
    questions=(
        Question(
            key="what",
            label="What do you need?",
            kind="choice",
            choices=(
                ("new_service", "A service where there is none"),
                ("extension", "Power in another building of mine"),
                ("upgrade", "A larger service than I have"),
            ),
        ),
        Question(key="place", label="Where?", help="Street, postcode and town."),
        Question(key="amperes", label="Which main breaker, in amperes?", is_required=False),
        Question(key="load", label="What will it supply?", kind="long"),
        Question(key="day", label="When do you need it?", kind="day", is_required=False),
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
            plain="Engineering plans the work",
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
            plain="You accept the plan and its cost",
            actor=Actor.CUSTOMER,
            ask="Read the plan and its cost, then accept it or decline it.",
            ways=(
                Way(key="accept", label="Accept the plan and its cost", to="build"),
                Way(key="refuse", label="Decline the plan", to=DECLINED, asks="Why?"),
                Way(key="work_returned", label="It was cancelled", to="check", by_itself=True),
            ),
        ),
        Step(
            key="build",
            label="Construction",
            plain="Our crew builds it",
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
    plain="Report flickering, high or low voltage",
    intro="Something is wrong with the quality of your supply. For an outage, call us instead.",
    allowed_days=10,
    questions=(
        Question(
            key="what",
            label="What do you notice?",
            kind="choice",
            choices=(
                ("flicker", "Lights flicker"),
                ("low", "Voltage is too low"),
                ("high", "Voltage is too high"),
                ("trips", "Equipment switches off by itself"),
                ("other", "Something else"),
            ),
        ),
        Question(key="when", label="Since when, and at what times?"),
        Question(key="story", label="Tell us more", kind="long", is_required=False),
        ACCESS,
    ),
    steps=(
        _check(
            "See whether a neighbour reported the same, then order the investigation.",
            Way(key="order", label="Order the investigation", to="visit", orders="power_quality"),
        ),
        ANSWER,
        _visit("A technician measures at your place", done="review", label="Investigation"),
        Step(
            key="review",
            label="Engineering",
            plain="Engineering reads the measurement",
            actor=Actor.ENGINEERING,
            ask="Read the technician's result and say what was found and what is done about it.",
            ways=(_reply("found", "Tell the customer what was found", words="What was found"),),
        ),
    ),
)
_PROGRAMME = Question(key="programme", label="Which programme?")
ENROL = Flow(
    kind="enrol",
    label="Enrol in a programme",
    plain="Join a programme",
    intro="Demand response or another programme of ours.",
    allowed_days=5,
    questions=(_PROGRAMME, Question(key="note", label="Remark", kind="long", is_required=False)),
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
    plain="Leave a programme",
    intro="You keep your tariff and your equipment.",
    allowed_days=5,
    questions=(
        _PROGRAMME,
        Question(key="day", label="From which day?", kind="day"),
        Question(key="note", label="Why?", kind="long", is_required=False),
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
    plain="Ask about my bill or account",
    intro="A bill that is too high, or something on your account that is wrong.",
    allowed_days=5,
    needs_point=False,
    questions=(
        Question(
            key="what",
            label="What is it about?",
            kind="choice",
            choices=(
                ("high_bill", "My bill is too high"),
                ("billing", "A question about my bill"),
                ("details", "My name, address or contact"),
                ("other", "Something else"),
            ),
        ),
        Question(key="story", label="Tell us more", kind="long"),
    ),
    steps=(
        _check(
            "Look at the account and answer; send somebody when the meter has to be looked at.",
            _reply("answered", "Answer the customer", words="The answer, as the customer reads it"),
            Way(key="order", label="Send somebody to the meter", to="visit", orders="high_bill"),
        ),
        ANSWER,
        _visit("A technician looks at your meter", done="reply"),
        Step(
            key="reply",
            label="Answer",
            plain="Customer service answers you",
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
    plain="Connect solar or a battery",
    intro="Six short steps; everything you type is saved as you go.",
    allowed_days=10,
    is_mirrored=True,
    questions=(),
    steps=(
        _step(
            "tariff",
            "Tariff",
            "You choose a tariff and accept it",
            Actor.CUSTOMER,
            "Choose a tariff and accept it.",
        ),
        _step(
            "register",
            "Nameplate and connection",
            "You register your equipment and where it is connected",
            Actor.CUSTOMER,
            "Register the nameplate of each unit, then send the application.",
        ),
        _step(
            "completeness",
            "Completeness",
            "Customer service checks that everything is there",
            DESK,
            "Check the application for completeness.",
        ),
        _step(
            "engineering",
            "Engineering",
            "Engineering checks whether the grid can take it",
            Actor.ENGINEERING,
            "Screen or study the application and propose a decision.",
        ),
        _step(
            "operations",
            "Operations",
            "Operations confirms the decision",
            Actor.OPERATIONS,
            "Confirm or decline what Engineering proposes.",
        ),
        _step(
            "plan",
            "Work order",
            "Customer service plans the visit",
            DESK,
            "Order the visit that verifies the installation.",
        ),
        _step(
            "verification",
            "Verification",
            "A technician checks the installation against your tariff",
            FIELD,
            "Verify the installation against the tariff before it is connected.",
        ),
        _step(
            "permission",
            "Permission to operate",
            "You may switch on",
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
