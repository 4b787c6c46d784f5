"""A year of shares, the same for our study and for the engine by hand."""

import math

HOURS = 8_760


def load_share(hour: int) -> float:
    """Of the peak: low at night, high in the evening, a little more in winter."""
    day = math.sin(math.pi * ((hour % 24) - 8) / 12)
    return 0.55 + 0.2 * day + 0.1 * math.cos(2 * math.pi * hour / HOURS)


def generation_share(hour: int) -> float:
    """Of the rating: the sun between six and eighteen."""
    return max(0.0, math.sin(math.pi * ((hour % 24) - 6) / 12)) * 0.9
