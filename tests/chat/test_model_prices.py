"""Prices in the admin: what comes may be changed, what holds or held may not."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.chat.conftest import Admin
from tests.chat.test_catalogue_aliases import form_of
from tests.prices import set_prices

Make = Callable[..., Any]
FIELDS = ("input", "output", "image", "request")


def price_form(*rows: Any, **new: Any) -> dict[str, Any]:
    """The coming prices, and one more if it is said."""
    total = len(rows) + bool(new)
    form = {"dated_prices-TOTAL_FORMS": str(total), "dated_prices-INITIAL_FORMS": str(len(rows))}
    for number, row in enumerate(rows):
        at = f"dated_prices-{number}"
        form |= {f"{at}-id": str(row.pk), f"{at}-model": str(row.model_id), **moment(at, row.valid_from)}
        form |= {f"{at}-{name}": str(getattr(row, name)) for name in FIELDS}
    if new:
        at = f"dated_prices-{len(rows)}"
        form |= {f"{at}-{name}": value for name, value in {**dict.fromkeys(FIELDS, "0"), **new}.items()}
    return form


def moment(at: str, when: Any) -> dict[str, str]:
    return {f"{at}-valid_from_0": f"{when:%Y-%m-%d}", f"{at}-valid_from_1": f"{when:%H:%M:%S}"}


def test_a_price_is_added_from_now_on(admin: Admin, make_model: Make) -> None:
    model = make_model(prices={"input": 3, "output": 15})
    fields = {"input": "4", "cached": "0.4", "image": "0.04", "request": "0.01"}
    page = admin.post(f"publicmodel/{model.pk}/change/", **form_of(model) | price_form(**fields))
    assert "was changed successfully" in page.text
    model = type(model).objects.get(pk=model.pk)
    now = model.prices_now
    assert [now.input, now.output, now.cached] == [4, 0, Decimal("0.4")]
    assert [now.cache_write, now.image, now.request] == [4, Decimal("0.04"), Decimal("0.01")]
    assert model.dated_prices.count() == 2
    assert ">4.000000<" in admin.get("publicmodel/").text


def test_a_coming_price_is_changed_and_taken_back(admin: Admin, make_model: Make) -> None:
    model = make_model()
    set_prices(model, since=timezone.now().replace(microsecond=0) + timedelta(days=2), input=5)
    row = model.dated_prices.get()
    path, form = f"publicmodel/{model.pk}/change/", form_of(model) | price_form(row)
    assert "was changed successfully" in admin.post(path, **form, **{"dated_prices-0-cached": "1"}).text
    row.refresh_from_db()
    assert (row.input, row.cached) == (5, 1)
    assert "was changed successfully" in admin.post(path, **form, **{"dated_prices-0-DELETE": "on"}).text
    assert not model.dated_prices.exists()


def test_the_past_is_not_priced_anew(admin: Admin, make_model: Make) -> None:
    model = make_model(prices={"input": 3})
    path, row = f"publicmodel/{model.pk}/change/", model.dated_prices.get()
    yesterday = moment("dated_prices-0", timezone.now() - timedelta(days=1))
    assert (
        "This moment is past" in admin.post(path, **form_of(model) | price_form(input="1") | yesterday).text
    )
    assert "greater than or equal to 0" in admin.post(path, **form_of(model) | price_form(input="-1")).text
    forged = price_form(row) | {"dated_prices-0-input": "9"}
    for field in ({}, {"dated_prices-0-DELETE": "on"}):
        assert admin.post(path, **form_of(model) | forged | field).status_code == 200
    row.refresh_from_db()
    assert row.input == 3
    page = admin.get(path).text
    assert "3.000000" in page
    assert 'value="3.000000"' not in page, "it is shown, not asked for"


def test_what_holds_stays_for_programs_too(make_model: Make) -> None:
    row = make_model(prices={"input": 3}).dated_prices.get()
    row.input = 4
    with pytest.raises(ValidationError, match="stay"):
        row.save()
    with pytest.raises(ValidationError, match="stay"):
        row.delete()
