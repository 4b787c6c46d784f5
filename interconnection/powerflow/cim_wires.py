"""Lines of a CIM file that are described by their wires and where these hang (IC-2)."""

from __future__ import annotations

from interconnection.powerflow.cim_source import Thing
from interconnection.powerflow.cim_wiring import Broken, Wiring
from interconnection.powerflow.circuit import CircuitFault
from interconnection.powerflow.stringing import (
    Cable,
    Constants,
    Make,
    Neutral,
    Reckon,
    Stringing,
    Wire,
)

MAKES = {
    "OverheadWireInfo": Make.BARE, "WireInfo": Make.BARE,
    "ConcentricNeutralCableInfo": Make.CONCENTRIC, "TapeShieldCableInfo": Make.TAPE,
}  # fmt: skip
RESISTANCES = ("rAC50", "rAC75", "rAC25", "rDC20")
PERMITTIVITY, LAP_PCT = 2.3, 20.0
LEAST_GMR = 0.3


class Wires:
    """Reads them; `reckon` makes line constants of a stringing, each kind of line once."""

    def __init__(self, wiring: Wiring, reckon: Reckon | None, frequency_hz: float) -> None:
        self._w = wiring
        self._reckon = reckon
        self._frequency_hz = frequency_hz
        bag = wiring.bag
        self._positions = bag.by("WirePosition", "WireSpacingInfo")
        self._assets = bag.by("Asset", "PowerSystemResources")
        self._known: dict[Stringing, Constants] = {}

    def spacing(self, thing: Thing) -> Thing | None:
        """Named by the line itself, or by the asset that it is made of."""
        named = self._w.bag.named(thing, "WireSpacingInfo")
        return named or self._by_asset(thing, {"WireSpacingInfo"})

    def _by_asset(self, thing: Thing, kinds: set[str]) -> Thing | None:
        for asset in self._assets.get(thing.id, ()):
            for key in ("AssetInfo", "ProductAssetModel"):
                found = self._w.bag.named(asset, key)
                if found is not None and found.kind in kinds:
                    return found
        return None

    def constants(self, thing: Thing, spacing: Thing, parts: list[Thing]) -> Constants:
        """Ohm and siemens for each metre, phases in the order of `parts` without neutrals."""
        if self._reckon is None:
            raise Broken("is described by wires, which need the engine to be read")
        stringing = self._stringing(thing, spacing, parts)
        if stringing not in self._known:
            try:
                self._known[stringing] = self._reckon(stringing, self._frequency_hz)
            except CircuitFault as fault:
                raise Broken(str(fault)) from fault
        return self._known[stringing]

    def ampacity(self, thing: Thing, parts: list[Thing]) -> float | None:
        """The least of its live wires; None where one states none."""
        live = [part for part in parts if part.values.get("phase") != "N"]
        amps = [self._wire(thing, part).ampacity_a for part in live]
        return min((a for a in amps if a), default=None) if all(amps) else None

    def _stringing(self, thing: Thing, spacing: Thing, parts: list[Thing]) -> Stringing:
        places = {
            int(self._w.number(place, "sequenceNumber", number + 1.0)): place
            for number, place in enumerate(self._positions.get(spacing.id, []))
        }
        if not places:
            raise Broken(f"has the spacing {spacing.name[:40]}, which says no place of a wire")
        strung: list[tuple[bool, tuple[Wire, float, float]]] = []
        for number, part in enumerate(parts, start=1):
            place = places.get(int(self._w.number(part, "sequenceNumber", float(number))))
            if place is None:
                raise Broken(f"has more wires than the spacing {spacing.name[:40]} has places")
            where = self._w.number(place, "xCoord", 0.0), self._w.number(place, "yCoord", 0.0)
            is_neutral = part.values.get("phase") == "N"
            strung.append((is_neutral, (self._wire(thing, part), *where)))
        if len(parts) < len(places):
            raise Broken(
                f"has the spacing {spacing.name[:40]} with places for {len(places)} wires, but "
                f"says the wires (ACLineSegmentPhase) of {len(parts)}"
            )
        strung.sort(key=lambda one: one[0])  # stable: the live ones keep their order
        live = sum(not is_neutral for is_neutral, _ in strung)
        if not live:
            raise Broken("has no live wire")
        return Stringing(tuple(one for _, one in strung), live)

    def _wire(self, thing: Thing, part: Thing) -> Wire:
        info = self._w.bag.named(part, "WireInfo") or self._w.bag.named(part, "AssetInfo")
        info = info or self._by_asset(part, set(MAKES)) or self._w.bag.named(thing, "WireInfo")
        if info is None:
            raise Broken("names no data sheet (WireInfo) of one of its wires")
        make = MAKES.get(info.kind)
        if make is None:
            raise Broken(f"has a wire of the class {info.kind[:40]}, which is not read")
        number = self._w.number
        radius_m = number(info, "radius", 0.0)
        mean_m = number(info, "gmr", 0.0)
        resistance = next((r for key in RESISTANCES if (r := number(info, key, 0.0)) > 0), 0.0)
        if min(radius_m, mean_m, resistance) <= 0:
            raise Broken(
                f"has the wire {info.name[:40]} with radius {radius_m:g} m, gmr {mean_m:g} m and "
                f"{resistance:g} ohm for each metre"
            )
        return Wire(
            make=make,
            radius_m=radius_m,
            mean_radius_m=mean_m,
            resistance_ohm_per_m=resistance,
            direct_ohm_per_m=number(info, "rDC20", 0.0) or resistance,
            ampacity_a=number(info, "ratedCurrent", 0.0) or None,
            cable=None if make is Make.BARE else self._cable(info, make),
        )

    def _cable(self, info: Thing, make: Make) -> Cable:
        number = self._w.number
        over_insulation_m = number(info, "diameterOverInsulation", 0.0)
        insulation_m = number(info, "insulationThickness", 0.0)
        if insulation_m <= 0:
            insulation_m = (over_insulation_m - number(info, "diameterOverCore", 0.0)) / 2
        tape_m, neutral = number(info, "tapeThickness", 0.0), None
        if make is Make.CONCENTRIC:
            neutral = Neutral(
                strands=int(number(info, "neutralStrandCount", 0.0)),
                radius_m=number(info, "neutralStrandRadius", 0.0),
                mean_radius_m=number(info, "neutralStrandGmr", 0.0),
                resistance_ohm_per_m=number(info, "neutralStrandRDC20", 0.0),
            )
            shield_m = number(info, "diameterOverNeutral", 0.0)
            stated = [neutral.strands, neutral.radius_m, neutral.resistance_ohm_per_m, shield_m]
        else:
            # Over the screen is under the tape.
            shield_m = number(info, "diameterOverScreen", 0.0) + 2 * tape_m
            stated = [tape_m, shield_m]
        if min(insulation_m, over_insulation_m, *stated) <= 0:
            raise Broken(f"has the cable {info.name[:40]}, whose data sheet is not complete")
        if neutral is not None and neutral.mean_radius_m <= 0:
            raise Broken(f"has the cable {info.name[:40]}, whose strands have no gmr")
        if neutral is not None and neutral.mean_radius_m < LEAST_GMR * neutral.radius_m:
            self._w.note(
                f"The strands of {info.name} have a gmr of {neutral.mean_radius_m:g} m at a radius "
                f"of {neutral.radius_m:g} m, where a solid wire has 0.78 of its radius: look at "
                "its unit.",
                info.line,
            )
        return Cable(
            insulation_m=insulation_m,
            over_insulation_m=over_insulation_m,
            over_shield_m=shield_m,
            permittivity=number(info, "relativePermittivity", 0.0) or PERMITTIVITY,
            neutral=neutral,
            tape_m=tape_m,
            lap_pct=number(info, "tapeLap", LAP_PCT),
        )
