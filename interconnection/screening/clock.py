"""The statutory clock of an application: business days for each of its steps."""

from customers.flows.clock import (
    Clock,
    Turn,
    add_business_days,
    business_days_between,
    read_clock,
)

__all__ = [
    "COMPLETENESS_DAYS",
    "REVIEW_DAYS",
    "Clock",
    "Turn",
    "add_business_days",
    "business_days_between",
    "read_clock",
]

# SGIP, completeness notice and initial review by screens (business days).
COMPLETENESS_DAYS = 10
REVIEW_DAYS = 15
