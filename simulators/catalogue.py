"""Makes and models of the simulated machines; the manufacturers are invented."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Make:
    """One product line entry: ratings and the habits of its Modbus map."""

    manufacturer: str
    model: str
    version: str
    rated_w: int
    rated_va: int
    capacity_wh: int = 0
    percent_sf: int = -2
    ramp_pct_s: int = 100
    common_length: int = 66


LEGACY_PV = (
    Make("Solvanta Power", "SP 10K-3", "2.4.11", 10_000, 10_000, percent_sf=-1),
    Make("Solvanta Power", "SP 15K-3", "2.4.11", 15_000, 15_000, percent_sf=-1),
    Make("Solvanta Power", "SP 24K-3", "2.5.02", 24_000, 24_000, percent_sf=-1, ramp_pct_s=20),
    Make("Northfield Inverters", "NF-12.5TL", "1.18", 12_500, 12_500, common_length=65),
    Make("Northfield Inverters", "NF-20TL", "1.18", 20_000, 20_000, common_length=65),
    Make("Helioform", "HX 36", "07.31.004", 36_000, 36_000, ramp_pct_s=20),
    Make("Helioform", "HX 50", "07.31.004", 50_000, 50_000, ramp_pct_s=20),
)
NEW_PV_SINGLE = (
    Make("Brightmesa", "BM-5.0H", "4.2.0", 5_000, 5_000),
    Make("Brightmesa", "BM-7.6H", "4.2.0", 7_600, 7_600),
    Make("Brightmesa", "BM-10.0H", "4.2.1", 10_000, 10_000),
    Make("Kestrel Energy", "KE6000-SP", "1.09.33", 6_000, 6_600, percent_sf=-1, common_length=65),
    Make("Kestrel Energy", "KE8000-SP", "1.09.33", 8_000, 8_800, percent_sf=-1, common_length=65),
    Make("Solvanta Power", "SP 3.8H", "5.0.7", 3_800, 3_800, ramp_pct_s=20),
)
NEW_PV_THREE = (
    Make("Helioform", "HX 25 G2", "11.02.000", 25_000, 27_500, ramp_pct_s=20),
    Make("Helioform", "HX 40 G2", "11.02.000", 40_000, 44_000, ramp_pct_s=20),
    Make("Brightmesa", "BM-30.0C", "4.3.0", 30_000, 30_000),
)
LEGACY_BATTERY = (
    Make("Voltamare", "VM-10 TRI", "3.0.8", 10_000, 10_000, 20_000, percent_sf=-2),
    Make("Voltamare", "VM-15 TRI", "3.0.8", 15_000, 15_000, 33_000, percent_sf=-2),
    Make("Northfield Inverters", "NF-Store 30", "1.04", 30_000, 30_000, 60_000, percent_sf=-1),
)
NEW_BATTERY_SINGLE = (
    Make("Kestrel Energy", "KE-Store 5", "2.01.10", 5_000, 5_500, 10_000, common_length=65),
    Make("Brightmesa", "BM-Vault 7.6", "4.2.1", 7_600, 7_600, 15_200),
    Make("Voltamare", "VM-5 MONO", "6.1.0", 5_000, 5_000, 13_500, ramp_pct_s=50),
)
NEW_BATTERY_THREE = (
    Make("Voltamare", "VM-25 TRI S", "6.1.0", 25_000, 27_500, 50_000, ramp_pct_s=50),
    Make("Helioform", "HX-B 50", "11.02.000", 50_000, 55_000, 110_000),
)
METER_SINGLE = Make("Ampere & Lowe", "AL-240S", "1.3", 0, 0, common_length=65)
METER_THREE = Make("Ampere & Lowe", "AL-480T", "1.3", 0, 0)

ADA_PV = Make("Brightmesa", "BM-8.0H", "4.2.1", 8_000, 8_000)
ADA_BATTERY = Make("Kestrel Energy", "KE-Store 5 B", "2.01.10", 5_000, 5_000, 10_000)
MISMATCH_PV = Make("Brightmesa", "BM-10.0H", "4.2.1", 10_000, 10_000)
WRONG_MAP = Make("Ferrowatt", "FW-8000", "0.9", 8_000, 8_000)
SPARE_PV = Make("Kestrel Energy", "KE6000-SP", "1.09.33", 6_000, 6_600, percent_sf=-1)
