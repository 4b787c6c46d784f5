"""Which machines somebody means: by key, or by what they are and where they stand."""

from fnmatch import fnmatchcase

from simulators.errors import FleetError
from simulators.fleet import DeviceSpec, Fleet
from simulators.physics.noise import draw

FACTS = ("feeder", "site", "kind", "generation", "manufacturer", "phases", "port", "personality")
HELP = (
    "a key, a pattern as in gateway1-*, all, or words that must all hold: "
    f"{', '.join(f'{fact}:...' for fact in FACTS)}, and a share as in 30%"
)


def select(fleet: Fleet, who: str) -> list[DeviceSpec]:
    """The machines meant, at least one; a share is the same one in each run.

    Raises FleetError in words.
    """
    if any(device.key == who for device in fleet.devices):
        return [device for device in fleet.devices if device.key == who]
    chosen, share = list(fleet.devices), 1.0
    for word in who.split():
        if word.endswith("%"):
            share = _share(who, word)
        else:
            chosen = [device for device in chosen if _is_meant(device, word)]
    if not who.split() or not chosen:
        raise FleetError(f"no device {who!r} in this fleet; write {HELP}")
    if share >= 1.0:
        return chosen
    ranked = sorted(chosen, key=lambda device: draw(fleet.seed, "share", device.key))
    kept = {device.key for device in ranked[: max(1, round(share * len(ranked)))]}
    return [device for device in chosen if device.key in kept]


def _is_meant(device: DeviceSpec, word: str) -> bool:
    fact, colon, value = word.partition(":")
    if not colon:
        return word == "all" or fnmatchcase(device.key, word)
    if fact not in FACTS:
        raise FleetError(f"{word!r}: devices have no {fact}; write {HELP}")
    # A fact may hold blanks, which part the words here.
    return fnmatchcase(str(getattr(device, fact)).replace(" ", "_"), value)


def _share(who: str, word: str) -> float:
    try:
        share = float(word[:-1]) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise FleetError(f"{who!r}: a share lies above 0 % and at most at 100 %, as in 30%")
    return share
