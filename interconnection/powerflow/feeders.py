"""The feeders this product brings: the IEEE 13-node test feeder and two made from a seed."""

from interconnection.powerflow import ieee13
from interconnection.powerflow.network import FeederModel, NetworkFault
from interconnection.powerflow.radial import RadialPlan, make_feeder

GENERATED = "Generated radial feeder, seed {seed}: no real circuit"
MILLBROOK_SEED, HARBOUR_SEED = 1247, 2503
MILLBROOK = RadialPlan(
    name="MILLBROOK",
    substation="Millbrook",
    nominal_voltage_v=12_470,
    rated_capacity_w=12_000_000,
    hosting_capacity_w=None,
    source=GENERATED.format(seed=MILLBROOK_SEED),
    trunk_buses=16,
    lateral_buses=24,
    reclosers=(5, 9, 13),
    peak_load_w=9_400_000,
    minimum_share=0.27,
    minimum_daytime_share=0.38,
    substation_transformer_va=20_000_000,
)
HARBOUR = RadialPlan(
    name="HARBOUR",
    substation="Harbour",
    nominal_voltage_v=12_470,
    rated_capacity_w=8_000_000,
    # From the planning study of the harbour circuit: voltage at its far end decides.
    hosting_capacity_w=1_100_000,
    source=GENERATED.format(seed=HARBOUR_SEED),
    trunk_buses=11,
    lateral_buses=14,
    reclosers=(4, 8),
    peak_load_w=6_200_000,
    minimum_share=0.29,
    minimum_daytime_share=0.41,
    substation_transformer_va=15_000_000,
    without_minimum=("S3",),
)
NAMES = ("IEEE13", "MILLBROOK", "HARBOUR")


def feeder(name: str) -> FeederModel:
    """The feeder with this name; raises NetworkFault when there is none."""
    if name == "IEEE13":
        return ieee13.feeder()
    if name == "MILLBROOK":
        return make_feeder(MILLBROOK, seed=MILLBROOK_SEED)
    if name == "HARBOUR":
        return make_feeder(HARBOUR, seed=HARBOUR_SEED)
    raise NetworkFault(f"No feeder is called {name}. There are: {', '.join(NAMES)}.")
