"""Rule sets as data: thresholds are the utility's, each set has a name and a version (IC-3)."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The thresholds of the quick screens; shares are exact so that equality is exact."""

    name: str
    version: str
    section_peak_share: Fraction
    section_minimum_share: Fraction
    transformer_share: Fraction
    shared_secondary_w: int
    feeder_share: Fraction
    daytime: str = "10:00-16:00"


# FERC SGIP 2.2.1.2, 2.2.1.7 and 2.4.4.1; transformer after Rule 21 screen D, feeder after screen M.
SGIP = RuleSet(
    name="SGIP",
    version="2026-1",
    section_peak_share=Fraction(15, 100),
    section_minimum_share=Fraction(1),
    transformer_share=Fraction(1),
    shared_secondary_w=20_000,
    feeder_share=Fraction(90, 100),
)
RULE_SETS = {SGIP.name: SGIP}
