"""The IEEE 13-node feeder as published: node voltages in pu with the regulator's taps forced.

Figures: IEEE PES Distribution System Analysis Subcommittee, 13-node test feeder, results table.
"""

# Taps of the regulator's phases: 10, 8 and 11 steps of 5/8 percent up.
TAPS = {"A": 1 + 10 * 0.00625, "B": 1 + 8 * 0.00625, "C": 1 + 11 * 0.00625}
# Bus: magnitudes of phases A, B, C; None where the bus has no such phase.
VOLTAGES_PU: dict[str, tuple[float | None, float | None, float | None]] = {
    "650": (1.0, 1.0, 1.0),
    "RG60": (1.0625, 1.05, 1.0687),
    "632": (1.021, 1.042, 1.0174),
    "633": (1.018, 1.0401, 1.0148),
    "634": (0.994, 1.0218, 0.996),
    "645": (None, 1.0329, 1.0155),
    "646": (None, 1.0311, 1.0134),
    "671": (0.99, 1.0529, 0.9778),
    "680": (0.99, 1.0529, 0.9778),
    "684": (0.9881, None, 0.9758),
    "611": (None, None, 0.9738),
    "652": (0.9825, None, None),
    "692": (0.99, 1.0529, 0.9777),
    "675": (0.9835, 1.0553, 0.9758),
}
