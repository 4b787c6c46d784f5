"""Price schedules for tests: flat, and with seasons and times of day."""

from typing import Any

from customers.tariffs.calendar import PriceSchedule
from customers.tariffs.schedules import schedule_of


def line(
    season: str,
    season_begins: str,
    days: str,
    begins: str,
    name: str,
    *,
    cost: str | None = "0.20000",
    export: str = "0.08000",
) -> dict[str, Any]:
    return {
        "season": season,
        "season_begins": season_begins,
        "days": days,
        "begins": begins,
        "name": name,
        "import": cost,
        "export": export,
    }


def time_of_use() -> dict[str, Any]:
    """Summer with an evening peak on working days, winter with a night price."""
    summer, winter = ("Summer", "06-01"), ("Winter", "10-01")
    return {
        "lines": [
            line(*summer, "mon_fri", "00:00", "Off-peak", cost="0.15000", export="0.06000"),
            line(*summer, "mon_fri", "16:00", "Peak", cost="0.42000", export="0.19000"),
            line(*summer, "mon_fri", "21:00", "Off-peak", cost="0.15000", export="0.06000"),
            line(*summer, "sat_sun", "00:00", "Off-peak", cost="0.15000", export="0.06000"),
            line(*winter, "every_day", "00:00", "Night", cost="0.12000", export="0.05000"),
            line(*winter, "every_day", "06:00", "Day", cost="0.24000", export="0.09000"),
            line(*winter, "every_day", "22:00", "Night", cost="0.12000", export="0.05000"),
        ],
        "holidays": ["2026-07-03", "2026-12-25"],
    }


def time_of_use_schedule() -> PriceSchedule:
    return schedule_of(time_of_use())
