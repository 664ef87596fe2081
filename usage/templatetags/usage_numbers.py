"""Numbers as people read them, in templates."""

from django import template

from usage.dashboard import numbers

register = template.Library()

for written in (
    numbers.count,
    numbers.glance,
    numbers.money,
    numbers.short_money,
    numbers.duration,
    numbers.exact_duration,
    numbers.near_duration,
    numbers.near_exact_duration,
    numbers.percent,
):
    register.filter(written.__name__, written)
