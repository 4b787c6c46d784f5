"""What a settings profile says in words, and which ones no device may be set to (IC-5, IC-6)."""

import pytest

from interconnection.screening.profile import (
    VOLT_VAR,
    VOLT_WATT,
    Curve,
    ProfileFault,
    profile_of,
    read_profile,
)

B = "IEEE 1547-2018 category B, "


def test_a_mode_that_is_only_named_has_the_default_of_its_category() -> None:
    a = read_profile("IEEE 1547-2018 category A, volt-var on")
    b = read_profile(f"{B}volt-var default and volt-watt on")

    assert (a.volt_var, a.volt_watt) == (VOLT_VAR["A"], None)
    assert (b.volt_var, b.volt_watt) == (VOLT_VAR["B"], VOLT_WATT)


def test_a_mode_may_have_points_and_a_response_of_its_own() -> None:
    profile = read_profile(
        f"{B}volt-var 93/40 98/0 102/0 107.5/-40 in 8 s, volt-watt 105/100 109/0"
    )

    assert profile.volt_var == Curve(((93, 40), (98, 0), (102, 0), (107.5, -40)), 8)
    assert profile.volt_watt == Curve(((105, 100), (109, 0)), VOLT_WATT.response_s)
    assert str(profile.volt_var) == "93/40, 98/0, 102/0, 107.5/-40 in 8 s"


def test_a_mode_that_is_named_as_off_is_off() -> None:
    profile = read_profile(f"{B}volt-var on, volt-watt off, frequency-droop on")

    assert (profile.volt_watt, profile.has_droop) == (None, True)


def test_without_a_category_nothing_can_be_told() -> None:
    assert profile_of("As the utility's handbook says, volt-var on") is None


@pytest.mark.parametrize(
    ("modes", "words"),
    [
        ("volt-var 98/0 93/40 107/-40", "voltages rise from point to point"),
        ("volt-var 93/-40 98/0 102/0 107/40", "what is asked falls"),
        ("volt-var 76.9/44 98/0 102/0 108/-44", "voltages lie between 77 and 123 %"),
        ("volt-var 92/44.1 98/0 102/0 108/-44", "category B goes from 44 %"),
        ("volt-var 92/44 98/0 102/0 108/-45", "category B goes from 44 %"),
        ("volt-var 92/-5 98/-5 102/-10 108/-44", "category B goes from 44 %"),
        ("volt-var 92/44", "give 2 to 10 points"),
        ("volt-var on, volt-watt 104/100 109/0", "voltages lie between 105 and 110 %"),
        ("volt-watt 106/90 110/20", "begins at 100 %"),
        ("volt-watt 106/100 110/-20", "does not go below 0 %"),
        ("volt-watt 106/100 110/20 in 61 s", "the response lies between 0.5 and 60 s"),
        ("volt-var 92/44 98/0 102/0 108/-44 in 0.5 s", "the response lies between 1 and 90 s"),
    ],
)
def test_what_no_device_may_be_set_to_is_refused_in_words(modes: str, words: str) -> None:
    with pytest.raises(ProfileFault, match=words.replace(".", r"\.")):
        read_profile(B + modes)


@pytest.mark.parametrize(
    "modes",
    [
        "volt-var 77/44 98/0 102/0 123/-44",
        "volt-var 92/0 108/-44 in 1 s",
        "volt-var 92/44 108/0 in 90 s",
        "volt-watt 105/100 110/0 in 0.5 s",
    ],
)
def test_the_limits_themselves_are_allowed(modes: str) -> None:
    assert read_profile(B + modes).category == "B"


def test_category_a_absorbs_no_more_than_a_quarter() -> None:
    with pytest.raises(ProfileFault, match="to -25 % or more"):
        read_profile("IEEE 1547-2018 category A, volt-var 90/25 100/0 110/-26")
