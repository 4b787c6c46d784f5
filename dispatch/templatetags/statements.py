"""Filters that say what a kept statement holds in the reader's language."""

from django import template

from dispatch.statements.saying import (
    bonus_said,
    correction_said,
    formula_said,
    order_said,
    reason_said,
    tariff_said,
)

register = template.Library()
register.filter(bonus_said)
register.filter(correction_said)
register.filter(formula_said)
register.filter(order_said)
register.filter(reason_said)
register.filter(tariff_said)
