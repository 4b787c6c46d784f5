"""Parameters of control functions: what a row keeps is what was asked (DV-3)."""

import json
from typing import Any

import pytest

from devices.capabilities import PARAMETERS, Function, parameters_from
from devices.parameters import (
    Curve,
    Droop,
    EnterService,
    Excitation,
    Parameters,
    ParametersRefused,
    PowerFactor,
    RampRate,
    ReactivePower,
    to_json,
)

EXAMPLES: dict[Function, Parameters] = {
    Function.FIXED_POWER_FACTOR: PowerFactor(0.95, Excitation.ABSORBING),
    Function.SET_REACTIVE_POWER: ReactivePower(-1200.0),
    Function.VOLT_VAR: Curve(((92.0, 44.0), (98.0, 0.0), (102.0, 0.0), (108.0, -44.0)), 5.0),
    Function.VOLT_WATT: Curve(((106.0, 100.0), (110.0, 20.0))),
    Function.WATT_VAR: Curve(((20.0, 0.0), (100.0, -44.0))),
    Function.FREQUENCY_DROOP: Droop(0.036, 0.036, 0.05, 0.05, 5.0),
    Function.FREQUENCY_WATT: Curve(((60.5, 100.0), (62.0, 0.0))),
    Function.RAMP_RATE: RampRate(1.7),
    Function.ENTER_SERVICE: EnterService(105.0, 91.7, 60.1, 59.5, 300.0, 0.0, 300.0),
}


def test_every_function_with_parameters_has_an_example() -> None:
    assert set(EXAMPLES) == set(PARAMETERS)


@pytest.mark.parametrize("function", EXAMPLES)
def test_parameters_come_back_from_json_as_they_went(function: Function) -> None:
    kept = json.loads(json.dumps(to_json(EXAMPLES[function])))

    assert parameters_from(function, kept) == EXAMPLES[function]


@pytest.mark.parametrize(
    ("function", "given", "words"),
    [
        (Function.FIXED_POWER_FACTOR, {"power_factor": 1.2}, "between 0 and 1"),
        (Function.FIXED_POWER_FACTOR, {"power_factor": True}, "must be a number"),
        (Function.FIXED_POWER_FACTOR, {}, None),
        (Function.FIXED_POWER_FACTOR, {"excitation": "over"}, "injecting or absorbing"),
        (Function.FIXED_POWER_FACTOR, {"excitation": "absorbing"}, "needs power_factor"),
        (Function.VOLT_VAR, {"points": [[100, 0]]}, "2 to 20 points"),
        (Function.VOLT_VAR, {"points": [[100, 0], [99, 0]]}, "must not fall"),
        (Function.VOLT_VAR, {"points": "92,44"}, "list of"),
        (Function.VOLT_VAR, {"points": [[92, float("inf")], [99, 0]]}, "out of any range"),
        (Function.RAMP_RATE, {"speed": 3}, "has no speed"),
        (Function.LIMIT_ACTIVE_POWER, {"points": []}, "takes a value in W"),
    ],
)
def test_rubbish_is_refused_in_words_that_name_it(
    function: Function, given: dict[str, Any], words: str | None
) -> None:
    if words is None:
        assert parameters_from(function, given) is None
        return
    with pytest.raises(ParametersRefused, match=words):
        parameters_from(function, given)
