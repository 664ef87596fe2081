"""Where a month's budget will be at its end."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from usage.budgets.forecast import forecast
from usage.budgets.standing import Budget, month_of
from usage.spending import Payer


def budget(limit: int, spent: str) -> Budget:
    since, until = month_of(datetime(2026, 4, 10, tzinfo=UTC))
    return Budget(
        Payer("user", uuid4()), "cost", Decimal(limit), Decimal(spent), Decimal(0), 80, since, until
    )


def april(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 4, day, hour, tzinfo=UTC)


def test_it_goes_on_as_it_has() -> None:
    found = forecast(budget(100, "20"), april(11))
    assert found is not None
    assert (found.at_end, found.used_up_at) == (60, None)


def test_it_says_when_it_will_be_used_up() -> None:
    found = forecast(budget(30, "20"), april(11))
    assert found is not None
    assert (round(found.at_end), found.used_up_at) == (60, april(16))


@pytest.mark.parametrize("at", [april(1), april(1, 23)])
def test_the_first_day_is_too_early(at: datetime) -> None:
    assert forecast(budget(100, "20"), at) is None
    assert forecast(budget(100, "20"), april(2)) is not None


def test_nothing_spent_is_nothing_expected() -> None:
    found = forecast(budget(100, "0"), april(20))
    assert found is not None
    assert (found.at_end, found.used_up_at) == (0, None)


@pytest.mark.parametrize("limit", [0, 20, 10])
def test_what_is_used_up_is_used_up_already(limit: int) -> None:
    found = forecast(budget(limit, "20"), april(11))
    assert found is not None
    assert found.used_up_at is None
