"""What every device really does at an instant."""

from dataclasses import dataclass

import numpy as np

from simulators.physics.arrays import Flags, Floats


@dataclass(slots=True)
class Truth:
    """Injection positive, meters included; voltage in per unit of nominal."""

    output_w: Floats
    output_var: Floats
    available_w: Floats
    limit_w: Floats
    voltage_pu: Floats
    frequency_hz: Floats
    limited: Flags
    in_service: Flags
    load_w: Floats

    @classmethod
    def of(cls, w_max: Floats, sites: int) -> "Truth":
        n = w_max.size
        return cls(
            output_w=np.zeros(n),
            output_var=np.zeros(n),
            available_w=np.zeros(n),
            limit_w=w_max.copy(),
            voltage_pu=np.ones(n),
            frequency_hz=np.full(n, 60.0),
            limited=np.zeros(n, dtype=np.bool_),
            in_service=np.ones(n, dtype=np.bool_),
            load_w=np.zeros(sites),
        )
