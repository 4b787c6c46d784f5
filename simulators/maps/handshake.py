"""The handshake by which a device adopts a curve: request, in progress, completed or failed."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.maps.device import Control, Device
from simulators.physics.plant import Plant

IN_PROGRESS, COMPLETED, FAILED = 0, 1, 2
# One in force, one to write into, one of the factory's own.
CURVES, IN_FORCE, FACTORY = 3, 1, 3


def _adoption_s(device: Device) -> float:
    return device.personality.adoption_s


@dataclass(frozen=True, slots=True)
class Adoption:
    """The names one model gives the handshake, and how it judges and uses what it adopts."""

    model: int
    word: str
    group: str
    judge: Callable[[Device, int], str]
    use: Callable[[Device, Plant, float], None]
    reverts: bool = True

    def begin(self, device: Device) -> None:
        if device.registers.number(self.model, f"Adpt{self.word}Req"):
            device.registers.set(self.model, f"Adpt{self.word}Rslt", IN_PROGRESS)

    def interrupted(self, device: Device) -> None:
        """An adoption that lost its power has failed."""
        if device.registers.get(self.model, f"Adpt{self.word}Rslt") == IN_PROGRESS:
            device.registers.set(self.model, f"Adpt{self.word}Rslt", FAILED)

    def finish(self, device: Device, plant: Plant, t: float) -> None:
        registers = device.registers
        if registers.get(self.model, f"Adpt{self.word}Rslt") != IN_PROGRESS:
            return
        number = int(registers.number(self.model, f"Adpt{self.word}Req"))
        reason = self.judge(device, number)
        registers.set(self.model, f"Adpt{self.word}Rslt", FAILED if reason else COMPLETED)
        device.say("adoption", model=self.model, curve=number, reason=reason)
        if not reason:
            self.adopt(device, plant, t, number)

    def adopt(self, device: Device, plant: Plant, t: float, number: int) -> None:
        registers, target = device.registers, f"{self.group}_{IN_FORCE}"
        if number != IN_FORCE:
            registers.copy_group(self.model, f"{self.group}_{number}", target)
            registers.set(self.model, f"{target}.ReadOnly", 1)
        self.use(device, plant, t)

    def revert(self, device: Device, plant: Plant, t: float) -> None:
        """RvrtCrv names the curve that is in force afterwards; 0 switches the function off."""
        number = int(device.registers.number(self.model, f"Rvrt{self.group}"))
        if number:
            self.adopt(device, plant, t, number)
        else:
            device.registers.set(self.model, "Ena", 0)

    def controls(self) -> tuple[Control, Control]:
        request = f"Adpt{self.word}Req"
        handshake = Control(
            name=f"adoption {self.model}",
            model=self.model,
            points=frozenset((request,)),
            apply=self.finish,
            begin=self.begin,
            interrupted=self.interrupted,
            takes_s=_adoption_s,
        )
        function = Control(
            name=f"curve {self.model}",
            model=self.model,
            points=frozenset(("Ena", request, "RvrtTms", f"Rvrt{self.group}")),
            apply=self.use,
            is_active=lambda registers: registers.get(self.model, "Ena") == 1,
            revert=self.revert,
            timeout="RvrtTms" if self.reverts else None,
            remaining="RvrtRem" if self.reverts else None,
        )
        return handshake, function
