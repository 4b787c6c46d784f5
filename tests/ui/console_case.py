"""A moment on the console: an overvoltage on the IEEE 13-node feeder, one dispatch in force."""

from dataclasses import replace
from datetime import timedelta

from django import forms

from derms.ui.console import (
    AlarmList,
    AlarmRow,
    CommandPanel,
    Console,
    DispatchRow,
    EffectRow,
    GroupRow,
    Period,
    Tile,
)
from derms.ui.formats import ABSENT, MINUS
from derms.ui.oneline import BusFact, FeederPicture, draw
from derms.ui.scales import Scale
from tests.ui.rendering import NOW

FEET_M = 0.3048
# Bus, upstream bus, feet between them, phases: IEEE 13-node test feeder.
IEEE_13 = (
    ("650", None, 0, "ABC"),
    ("632", "650", 2000, "ABC"),
    ("633", "632", 500, "ABC"),
    ("634", "633", 0, "ABC"),
    ("645", "632", 500, "BC"),
    ("646", "645", 300, "BC"),
    ("671", "632", 2000, "ABC"),
    ("692", "671", 0, "ABC"),
    ("675", "692", 500, "ABC"),
    ("684", "671", 300, "AC"),
    ("611", "684", 300, "C"),
    ("652", "684", 800, "A"),
    ("680", "671", 1000, "ABC"),
)
# Bus: PV, batteries, output W, lowest, mean and highest voltage in per unit.
DER = {
    "634": (14, 2, 71_400.0, (1.012, 1.019, 1.026)),
    "645": (6, 0, 28_900.0, (1.008, 1.015, 1.022)),
    "646": (4, 1, 16_200.0, (1.011, 1.018, 1.024)),
    "671": (9, 3, 38_100.0, (1.024, 1.031, 1.037)),
    "675": (16, 5, 88_700.0, (1.036, 1.044, 1.056)),
    "611": (3, 0, 11_800.0, (1.020, 1.026, 1.030)),
    "652": (5, 1, -6_400.0, (1.003, 1.011, 1.017)),
    "680": (7, 0, 33_500.0, (1.027, 1.034, 1.041)),
}


def buses() -> list[BusFact]:
    distances: dict[str, float] = {}
    facts = []
    for name, upstream, feet, phases in IEEE_13:
        distances[name] = distances.get(upstream or "", 0.0) + feet * FEET_M
        fact = BusFact(name=name, upstream=upstream, distance_m=distances[name], phases=phases)
        if name in DER:
            pv, batteries, output_w, volts_pu = DER[name]
            fact = replace(
                fact,
                pv=pv,
                batteries=batteries,
                output_w=output_w,
                volts_pu=volts_pu,
                is_selected=name in {"634", "675", "680"},
                is_stale=name == "652",
            )
        facts.append(fact)
    return facts


def feeder(facts: list[BusFact] | None = None) -> FeederPicture:
    return draw(
        facts or buses(),
        name="IEEE 13",
        headline="1.056 pu at 675, limit 1.050",
        source="S1, 4.16 kV",
    )


class Order(forms.Form):
    """The select step's fields as the page expects them."""

    function = forms.ChoiceField(
        choices=[("limit_active_power", "Limit power"), ("set_active_power", "Set power")]
    )
    target_kw = forms.DecimalField(label="To, kW", initial="180")
    minutes = forms.IntegerField(label="For, min", initial=30)
    ramp_s = forms.IntegerField(label="Ramp, s", required=False)
    reason = forms.CharField(initial="Voltage at 675")


SELECT = CommandPanel(
    step="select",
    group="Riverside rooftops",
    group_id=1,
    form=Order(),
    check_url="/operations/groups/1/check",
    cancel_url="/operations/groups/1/cancel",
    range_words="Now 246.3 kW. Can fall to 0 kW or rise to 251.0 kW.",
)
CHECK = CommandPanel(
    step="check",
    group="Riverside rooftops",
    group_id=1,
    order="Limit to 180.0 kW for 30 min, ramp 60 s",
    reaches="46 DER, 45 reporting; INV-0088 is stale and left out",
    effects=[
        EffectRow(label="Group output", now="246.3 kW", after="180.0 kW"),
        EffectRow(label="Feeder IEEE 13, DER", now="282.2 kW", after="215.9 kW"),
        EffectRow(label="Curtailed in 30 min", now="0 kWh", after="33.2 kWh"),
    ],
    selection_ends_at=NOW + timedelta(seconds=26),
    check_url="/operations/groups/1/check",
    execute_url="/operations/dispatches/7/execute",
    cancel_url="/operations/dispatches/7/cancel",
    token="7f3a",  # noqa: S106  no secret
)
SENT = CommandPanel(
    step="sent",
    group="Riverside rooftops",
    group_id=1,
    order="Limit to 180.0 kW until 15:02",
    status_url="/operations/dispatches/7/progress",
    release_url="/operations/dispatches/7/release",
    total=46,
    counts=[("verified", 41, ""), ("sent", 4, "part"), ("failed", 1, "bad")],
    cells=["done"] * 41 + ["sent"] * 4 + ["bad"],
    laggards=[("INV-0112", "Read back 9.8 kW instead of 6.4 kW; asked again in 4 s.")],
)
REFUSED = CommandPanel(
    step="refused",
    group="Riverside rooftops",
    group_id=1,
    refusal="M. Okafor has selected this group until 14:32:31. Wait or ask for its release.",
    check_url="/operations/groups/1/select",
)

GROUPS = [
    GroupRow(
        id=1, name="Riverside rooftops", kinds="PV", members=46, reporting=45, feeder="IEEE 13",
        output_w=246_300, lowest_w=0, highest_w=251_000, scale_from_w=0, scale_to_w=338_000,
        select_url="/operations/groups/1/select",
    ),
    GroupRow(
        id=2, name="Mill Lane storage", kinds="battery", members=12, reporting=12,
        feeder="IEEE 13", output_w=-21_800, lowest_w=-60_000, highest_w=60_000,
        scale_from_w=-60_000, scale_to_w=60_000, setpoint_w=-20_000, state="dispatched",
        word="Dispatched", select_url="/operations/groups/2/select",
    ),
    GroupRow(
        id=3, name="Eastfield homes", kinds="PV + battery", members=31, reporting=19,
        feeder="Eastfield", output_w=88_400, lowest_w=-42_000, highest_w=131_000,
        scale_from_w=-75_000, scale_to_w=205_000, state="stale", word="Stale",
        select_url="/operations/groups/3/select",
    ),
]  # fmt: skip
TILES = [
    Tile(
        key="output", label="DER output", text="862.4", unit="kW", note="of 1,204 kW rated",
        scale=Scale(0, 1204, 0, 1204, 862.4),
    ),
    Tile(
        key="curtailed", label="Curtailed now", text="21.7", unit="kW", note="1 dispatch in force",
        scale=Scale(0, 400, 0, 120, 21.7),
    ),
    Tile(
        key="vmax", label="Highest voltage", text="1.056", unit="pu", state="bad",
        note="675 on IEEE 13, limit 1.050", scale=Scale(0.93, 1.07, 0.95, 1.05, 1.056),
    ),
    Tile(
        key="vmin", label="Lowest voltage", text="0.982", unit="pu",
        note="E-14 on Eastfield, limit 0.950", scale=Scale(0.93, 1.07, 0.95, 1.05, 0.982),
    ),
    Tile(
        key="reporting", label="DER reporting", text="188", unit="of 200", state="warn",
        note="12 stale, oldest 4 min", scale=Scale(150, 200, 196, 200, 188),
    ),
    Tile(
        key="up", label="Room up", text="+129.3", unit="kW", note="live groups",
        scale=Scale(0, 400, 0, 400, 129.3),
    ),
    Tile(key="down", label="Room down", text=ABSENT, unit="kW", note="not known", state="none"),
]  # fmt: skip
ALARMS = AlarmList(
    total=4,
    per_10_min=[0, 1, 0, 0, 2, 3],
    rows=[
        AlarmRow(
            id=9, priority=1, priority_label="Critical", raised_at=NOW - timedelta(seconds=16),
            message="Voltage above limit", place="IEEE 13, bus 675, INV-0061", value="1.056 pu",
            limit="1.050", is_acknowledged=False, acknowledge_url="/operations/alarms/9/ack",
            show_url="?feeder=IEEE+13",
        ),
        AlarmRow(
            id=8, priority=2, priority_label="High", raised_at=NOW - timedelta(minutes=2),
            message="Setting differs from command", place="INV-0112", value="9.8 kW",
            limit="6.4 kW", is_acknowledged=False, acknowledge_url="/operations/alarms/8/ack",
        ),
        AlarmRow(
            id=7, priority=3, priority_label="Medium", raised_at=NOW - timedelta(minutes=5),
            message="Lost communication", place="Eastfield homes, 12 devices", value="4 min",
            limit="10 s", is_acknowledged=False, acknowledge_url="/operations/alarms/7/ack",
        ),
        AlarmRow(
            id=6, priority=4, priority_label="Diagnostic", raised_at=NOW - timedelta(minutes=34),
            message="Device reports a fault", place="BAT-0007", value="", limit="",
            is_acknowledged=True, acknowledged_by="Olga Marsh",
        ),
    ],
)  # fmt: skip
DISPATCHES = [
    DispatchRow(
        id=6, group="Mill Lane storage", order=f"set to {MINUS}20.0 kW", reason="Morning valley",
        by="Olga Marsh", starts_at=NOW - timedelta(minutes=47), ends_at=NOW + timedelta(minutes=43),
        word="Active", elapsed_pct=52.2, holding=f"Holding {MINUS}21.8 kW of {MINUS}20.0 kW asked",
        url="/operations/dispatches/6", release_url="/operations/dispatches/6/release",
    ),
]  # fmt: skip


def console(command: CommandPanel = CHECK) -> Console:
    return Console(
        at=NOW,
        site="Demo town",
        tiles=TILES,
        groups=GROUPS,
        alarms=ALARMS,
        command=command,
        dispatches=DISPATCHES,
        feeder=feeder(),
        feeders=[
            Period(label="Worst", url="?", current=True),
            Period(label="IEEE 13", url="?feeder=1"),
            Period(label="Eastfield", url="?feeder=2"),
            Period(label="Harbour", url="?feeder=3"),
        ],
        trend_url="/trend.json",
        trend_periods=[
            Period(label="15 min", url="/trend.json?range=15m"),
            Period(label="2 h", url="/trend.json", current=True),
            Period(label="24 h", url="/trend.json?range=24h"),
        ],
    )


def empty_console() -> Console:
    """The first minute of an installation: nothing is known yet."""
    return Console(
        at=NOW,
        site="New site",
        tiles=[replace(tile, text=ABSENT, state="none", note="no device reports yet", scale=None)
               for tile in TILES],
        groups=[],
        alarms=AlarmList(),
        command=CommandPanel(step="idle"),
        dispatches=[],
        feeder=None,
        trend_url="/empty.json",
    )  # fmt: skip
