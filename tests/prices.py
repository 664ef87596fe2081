"""A model's prices in a test."""

from datetime import datetime
from typing import Any

from usage.prices import BEGINNING


def set_prices(model: Any, *, since: datetime = BEGINNING, **prices: Any) -> Any:
    """From this moment on; returns the model."""
    model.dated_prices.create(valid_from=since, **prices)
    return model
