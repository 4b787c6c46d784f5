"""Equal shares among equals, batteries before sunlight, and no watt lost in rounding."""

from collections.abc import Sequence

from dispatch.disaggregation.problem import (
    Allocation,
    Ask,
    Function,
    Member,
    Problem,
    Share,
)

LIMIT_POLICY = (
    "Every PV member may inject the same share of what it has available; batteries stop discharging"
)
SET_POLICY = (
    "Batteries first, by equal share of what each can hold to the end; then PV is curtailed by"
    " equal share of what it has available"
)


def solve(problem: Problem) -> Allocation:
    if problem.ask is Ask.LIMIT_ACTIVE_POWER:
        return _limit(problem)
    return _set(problem)


def _limit(problem: Problem) -> Allocation:
    """Cap the group: PV fills the budget evenly, batteries get what no PV can use."""
    photovoltaic, batteries, uncontrolled_w = _sort_out(problem.members)
    budget_w = max(0, problem.target_w - uncontrolled_w)
    limits_w = _fill(budget_w, photovoltaic)
    left_w = budget_w - sum(limits_w)
    limits_w += _proportional(left_w, [battery.rated_w for battery in batteries])
    shares = tuple(
        Share(
            member.der_id,
            Function.LIMIT_ACTIVE_POWER,
            limit_w,
            min(member.present_w if member.storage else member.available_w, limit_w),
        )
        for member, limit_w in zip((*photovoltaic, *batteries), limits_w, strict=True)
    )
    # Members at their ratings hold any higher cap without being told.
    committed_w = max(problem.target_w, sum(limits_w) + uncontrolled_w)
    reason = ""
    if committed_w > problem.target_w:
        reason = (
            f"Members that cannot be reached inject {uncontrolled_w} W by themselves,"
            " more than the limit."
        )
    return Allocation(
        requested_w=problem.target_w,
        committed_w=committed_w,
        expected_w=sum(share.expected_w for share in shares) + uncontrolled_w,
        uncontrolled_w=uncontrolled_w,
        shares=shares,
        policy=LIMIT_POLICY,
        reason=reason,
    )


def _set(problem: Problem) -> Allocation:
    photovoltaic, batteries, uncontrolled_w = _sort_out(problem.members)
    sun_w = sum(member.available_w for member in photovoltaic)
    needed_w = problem.target_w - uncontrolled_w - sun_w
    stored_w = _move_batteries(needed_w, batteries)
    shares = [
        Share(battery.der_id, Function.SET_ACTIVE_POWER, power_w, power_w)
        for battery, power_w in zip(batteries, stored_w, strict=True)
    ]
    surplus_w = sum(stored_w) - needed_w
    if surplus_w > 0:
        kept_w = max(0, sun_w - surplus_w)
        limits_w = _proportional(kept_w, [member.available_w for member in photovoltaic])
        shares += [
            Share(member.der_id, Function.LIMIT_ACTIVE_POWER, limit_w, limit_w)
            for member, limit_w in zip(photovoltaic, limits_w, strict=True)
        ]
        sun_w = sum(limits_w)
    committed_w = sum(stored_w) + sun_w + uncontrolled_w
    return Allocation(
        requested_w=problem.target_w,
        committed_w=committed_w,
        expected_w=committed_w,
        uncontrolled_w=uncontrolled_w,
        shares=tuple(shares),
        policy=SET_POLICY,
        reason=_set_reason(problem.target_w - committed_w),
    )


def _set_reason(shortfall_w: int) -> str:
    if shortfall_w > 0:
        return f"{shortfall_w} W are missing: the sun and the stored energy give no more."
    if shortfall_w < 0:
        return f"{-shortfall_w} W stay above the request: nothing left can charge or be curtailed."
    return ""


def _sort_out(members: Sequence[Member]) -> tuple[list[Member], list[Member], int]:
    reachable = [member for member in members if member.is_reachable]
    photovoltaic = [member for member in reachable if member.storage is None]
    batteries = [member for member in reachable if member.storage is not None]
    return (
        photovoltaic,
        batteries,
        sum(member.present_w for member in members if not member.is_reachable),
    )


def _fill(budget_w: int, photovoltaic: Sequence[Member]) -> list[int]:
    """First up to what is available, then up to the ratings, each time by equal share."""
    available_w = [min(member.available_w, member.rated_w) for member in photovoltaic]
    first = _proportional(budget_w, available_w)
    rest_w = budget_w - sum(first)
    spare_w = [m.rated_w - w for m, w in zip(photovoltaic, available_w, strict=True)]
    return [a + b for a, b in zip(first, _proportional(rest_w, spare_w), strict=True)]


def _move_batteries(needed_w: int, batteries: Sequence[Member]) -> list[int]:
    """Discharge for a positive need, charge for a negative one, by share of what each can do."""
    rooms = [battery.storage for battery in batteries if battery.storage is not None]
    if needed_w >= 0:
        return _proportional(needed_w, [room.discharge_max_w for room in rooms])
    return [-power_w for power_w in _proportional(-needed_w, [room.charge_max_w for room in rooms])]


def _proportional(total_w: int, ceilings_w: Sequence[int]) -> list[int]:
    """Split a total by share of the ceilings: sums to min(total, all ceilings), never beyond one.

    Whole watts left by rounding go to the largest remainders, ties to the first.
    """
    whole_w = sum(ceilings_w)
    if total_w >= whole_w:
        return list(ceilings_w)
    shares = [total_w * ceiling // whole_w for ceiling in ceilings_w]
    remainders = [total_w * ceiling % whole_w for ceiling in ceilings_w]
    order = sorted(range(len(shares)), key=lambda place: -remainders[place])
    for place in order[: total_w - sum(shares)]:
        shares[place] += 1
    return shares
