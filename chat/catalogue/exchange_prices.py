"""A model's prices in the catalogue's file: the dated list, or the prices that shall hold from now on.

Prices that hold or held stay as they are. A model that has none yet takes any history.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.core.exceptions import ValidationError
from django.utils import timezone

from chat.models import ModelPrice, PublicModel

_NAMES = ("input", "output", "cached", "cache_write", "image", "request")
FLAT = tuple(f"{name}_price" for name in _NAMES)


class PriceEntry(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    valid_from: Annotated[datetime, msgspec.Meta(tz=True)]
    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    image: Decimal = Decimal(0)
    request: Decimal = Decimal(0)


def export_prices(model: PublicModel) -> list[PriceEntry]:
    """The oldest first."""
    rows = sorted(model.dated_prices.all(), key=lambda row: row.valid_from)
    return [PriceEntry(**{name: getattr(row, name) for name in PriceEntry.__struct_fields__}) for row in rows]


def import_prices(model: PublicModel, entries: Sequence[PriceEntry]) -> bool:
    """Whether something changed. Prices to come that are not in the list are dropped."""
    now = timezone.now()
    has_history = model.dated_prices.filter(valid_from__lte=now).exists()
    listed = [entry.valid_from for entry in entries]
    is_changed = model.dated_prices.filter(valid_from__gt=now).exclude(valid_from__in=listed).delete()[0] > 0
    for number, entry in enumerate(entries):
        place = f"prices[{number}].{{}}"
        known = model.dated_prices.filter(valid_from=entry.valid_from).first()
        if known is None and has_history and entry.valid_from <= now:
            raise ValidationError({place.format("valid_from"): "The prices of that time stay as they are."})
        row = known or ModelPrice(model=model)
        is_changed |= _save(row, msgspec.structs.asdict(entry), place)
    return is_changed


def import_flat(model: PublicModel, wanted: dict[str, Decimal | None]) -> bool:
    """Whether other prices hold from now on; `wanted` by the names in `FLAT`, the others stay."""
    now = timezone.now()
    held = model.dated_prices.filter(valid_from__lte=now).order_by("-valid_from").first()
    row = ModelPrice(model=model, valid_from=now)
    if held is not None:
        for name in _NAMES:
            setattr(row, name, getattr(held, name))
    return _save(row, {name.removesuffix("_price"): price for name, price in wanted.items()}, "{}_price")


def _save(row: ModelPrice, fields: dict[str, Any], place: str) -> bool:
    """`place` is where in the entry a field stands."""
    if all(getattr(row, name) == value for name, value in fields.items()):
        return False
    for name, value in fields.items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        raise ValidationError(
            {place.format(name): texts for name, texts in error.message_dict.items()}
        ) from None
    row.save()
    return True
