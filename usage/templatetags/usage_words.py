"""Numbers and times as people read them, in templates."""

from django import template

from usage.dashboard import dates, numbers

register = template.Library()

for number in (
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
    register.filter(number.__name__, number)

for time in (dates.day_and_year, dates.minute, dates.second):
    register.filter(time.__name__, time, expects_localtime=True)
