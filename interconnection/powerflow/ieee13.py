"""The IEEE 13-node test feeder: published line, load, capacitor and regulator data as facts.

Figures: IEEE PES Distribution System Analysis Subcommittee, Radial Distribution Test Feeders,
13-node feeder. Lengths are published in feet, impedances for each mile. The document gives no
minimum loads and no service transformers: those are this utility's own figures.
"""

from interconnection.powerflow.layout import place_buses
from interconnection.powerflow.network import (
    BusData,
    Capacitor,
    FeederModel,
    InlineTransformer,
    LineConfiguration,
    Load,
    LoadConnection,
    Regulator,
    SectionData,
    SegmentData,
    SegmentKind,
    ServiceTransformer,
    Triangle,
)

SOURCE = "IEEE PES Test Feeders, 13-node feeder (line, load, capacitor and regulator data)"
M_PER_FOOT = 0.3048
NOMINAL_V = 4160
LOW_VOLTAGE_V = 480
# Shares of the peak; the test feeder publishes one load level only.
MINIMUM_SHARE = 0.32
MINIMUM_DAYTIME_SHARE = 0.46


def _configuration(
    name: str,
    phases: str,
    conductor: str,
    ampacity_a: int | None,
    matrices: tuple[Triangle, Triangle, Triangle],
) -> LineConfiguration:
    resistance, reactance, susceptance = matrices
    return LineConfiguration(
        name, phases, conductor, ampacity_a, resistance, reactance, susceptance
    )


CONFIGURATIONS = (
    _configuration(
        "601", "ABC", "556.5 kcmil ACSR, neutral 4/0", 730,
        (
            ((0.3465,), (0.1560, 0.3375), (0.1580, 0.1535, 0.3414)),
            ((1.0179,), (0.5017, 1.0478), (0.4236, 0.3849, 1.0348)),
            ((6.2998,), (-1.9958, 5.9597), (-1.2595, -0.7417, 5.6386)),
        ),
    ),
    _configuration(
        "602", "ABC", "4/0 ACSR", 340,
        (
            ((0.7526,), (0.1580, 0.7475), (0.1560, 0.1535, 0.7436)),
            ((1.1814,), (0.4236, 1.1983), (0.5017, 0.3849, 1.2112)),
            ((5.6990,), (-1.0817, 5.1795), (-1.6905, -0.6588, 5.4246)),
        ),
    ),
    _configuration(
        "603", "BC", "1/0 ACSR", 230,
        (
            ((1.3294,), (0.2066, 1.3238)),
            ((1.3471,), (0.4591, 1.3569)),
            ((4.7097,), (-0.8999, 4.6658)),
        ),
    ),
    _configuration(
        "604", "AC", "1/0 ACSR", 230,
        (
            ((1.3238,), (0.2066, 1.3294)),
            ((1.3569,), (0.4591, 1.3471)),
            ((4.6658,), (-0.8999, 4.7097)),
        ),
    ),
    _configuration("605", "C", "1/0 ACSR", 230, (((1.3292,),), ((1.3475,),), ((4.5193,),))),
    _configuration(
        "606", "ABC", "250 kcmil AA cable, concentric neutral", None,
        (
            ((0.7982,), (0.3192, 0.7891), (0.2849, 0.3192, 0.7982)),
            ((0.4463,), (0.0328, 0.4041), (-0.0143, 0.0328, 0.4463)),
            ((96.8897,), (0.0, 96.8897), (0.0, 0.0, 96.8897)),
        ),
    ),
    _configuration(
        "607", "A", "1/0 AA cable, tape shield", None, (((1.3425,),), ((0.5124,),), ((88.9912,),))
    ),
)  # fmt: skip


def _line(from_bus: str, to_bus: str, phases: str, feet: int, configuration: str) -> SegmentData:
    return SegmentData(
        f"{from_bus}-{to_bus}",
        from_bus,
        to_bus,
        phases,
        round(feet * M_PER_FOOT, 3),
        SegmentKind.LINE,
        configuration,
    )


SEGMENTS = (
    SegmentData("reg-650", "650", "RG60", "ABC", 0.0, SegmentKind.REGULATOR),
    _line("RG60", "632", "ABC", 2000, "601"),
    _line("632", "671", "ABC", 2000, "601"),
    _line("671", "680", "ABC", 1000, "601"),
    _line("632", "633", "ABC", 500, "602"),
    SegmentData("633-634", "633", "634", "ABC", 0.0, SegmentKind.TRANSFORMER),
    _line("632", "645", "BC", 500, "603"),
    _line("645", "646", "BC", 300, "603"),
    _line("671", "684", "AC", 300, "604"),
    _line("684", "611", "C", 300, "605"),
    _line("684", "652", "A", 800, "607"),
    SegmentData("671-692", "671", "692", "ABC", 0.0, SegmentKind.SWITCH),
    _line("692", "675", "ABC", 500, "606"),
)
_Y, _D = LoadConnection.WYE_POWER, LoadConnection.DELTA_POWER
LOADS = (
    Load("634", _Y, (160_000, 120_000, 120_000), (110_000, 90_000, 90_000)),
    Load("645", _Y, (0, 170_000, 0), (0, 125_000, 0)),
    Load("646", LoadConnection.DELTA_IMPEDANCE, (0, 230_000, 0), (0, 132_000, 0)),
    Load("652", LoadConnection.WYE_IMPEDANCE, (128_000, 0, 0), (86_000, 0, 0)),
    Load("671", _D, (385_000, 385_000, 385_000), (220_000, 220_000, 220_000)),
    Load("675", _Y, (485_000, 68_000, 290_000), (190_000, 60_000, 212_000)),
    Load("692", LoadConnection.DELTA_CURRENT, (0, 0, 170_000), (0, 0, 151_000)),
    Load("611", LoadConnection.WYE_CURRENT, (0, 0, 170_000), (0, 0, 80_000)),
    # The one distributed load of the document: spread evenly along 632-671.
    Load("632", _Y, (17_000, 66_000, 117_000), (10_000, 38_000, 68_000), "671"),
)
BEYOND_SWITCH = frozenset({"692", "675"})


def feeder() -> FeederModel:
    peak_w = sum(sum(load.active_power_w) for load in LOADS)
    beyond_w = sum(sum(load.active_power_w) for load in LOADS if load.bus in BEYOND_SWITCH)
    return FeederModel(
        name="IEEE13",
        substation="Node 650",
        nominal_voltage_v=NOMINAL_V,
        rated_capacity_w=5_000_000,
        hosting_capacity_w=None,
        source=SOURCE,
        buses=_buses(),
        segments=SEGMENTS,
        sections=(
            _section("650", "Breaker 650", None, peak_w),
            _section("692", "Switch 671-692", "650", beyond_w),
        ),
        configurations=CONFIGURATIONS,
        transformers=(
            InlineTransformer("Substation", "", 5_000_000, 115_000, NOMINAL_V, 1.0, 8.0),
            InlineTransformer("XFM-1", "633-634", 500_000, NOMINAL_V, LOW_VOLTAGE_V, 1.1, 2.0),
        ),
        regulators=(Regulator("650", "reg-650", "ABC", 122.0, 2.0, 20, 700, 3.0, 9.0),),
        capacitors=(
            Capacitor("675", (200_000, 200_000, 200_000)),
            Capacitor("611", (0, 0, 100_000)),
        ),
        loads=LOADS,
        service_transformers=_service_transformers(),
    )


def _section(name: str, head_device: str, upstream: str | None, peak_w: int) -> SectionData:
    return SectionData(
        name,
        head_device,
        upstream,
        peak_w,
        round(peak_w * MINIMUM_SHARE),
        round(peak_w * MINIMUM_DAYTIME_SHARE),
    )


def _buses() -> tuple[BusData, ...]:
    phases = {"650": "ABC"} | {segment.to_bus: segment.phases for segment in SEGMENTS}
    return tuple(
        BusData(
            name=name,
            phases=phases[name],
            nominal_voltage_v=LOW_VOLTAGE_V if name == "634" else NOMINAL_V,
            section="692" if name in BEYOND_SWITCH else "650",
            distance_m=place.distance_m,
            x=place.x,
            y=place.y,
        )
        for name, place in place_buses("650", SEGMENTS).items()
    )


# Bus, phases, kVA, premises: where the houses and small businesses of this utility hang.
_SERVICES = (
    ("634", "ABC", 150, 2), ("634", "ABC", 150, 2), ("633", "ABC", 112, 1), ("633", "A", 50, 3),
    ("632", "ABC", 112, 1), ("632", "A", 25, 1), ("632", "B", 50, 4), ("632", "C", 25, 1),
    ("645", "B", 75, 4), ("645", "C", 37, 2), ("646", "B", 37, 2), ("646", "C", 25, 1),
    ("671", "ABC", 150, 2), ("671", "ABC", 112, 1), ("671", "A", 50, 3), ("671", "B", 25, 1),
    ("671", "C", 50, 4), ("680", "ABC", 150, 2), ("680", "ABC", 112, 1), ("680", "A", 37, 2),
    ("680", "B", 50, 3), ("652", "A", 50, 3), ("611", "C", 50, 3), ("692", "ABC", 112, 1),
    ("692", "B", 37, 2), ("675", "ABC", 150, 2), ("675", "ABC", 150, 2), ("675", "A", 50, 4),
    ("675", "C", 37, 2),
)  # fmt: skip


def _service_transformers() -> tuple[ServiceTransformer, ...]:
    return tuple(
        ServiceTransformer(
            name=f"IEEE13-T{number:02d}",
            bus=bus,
            phases=phases,
            rated_va=112_500 if kva == 112 else 37_500 if kva == 37 else kva * 1000,
            secondary_voltage_v=LOW_VOLTAGE_V if phases == "ABC" else 240,
            premises=premises,
        )
        for number, (bus, phases, kva, premises) in enumerate(_SERVICES, start=1)
    )
