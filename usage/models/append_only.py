"""The ledger's rows are added, settled once, and else left alone (docs/decisions/0012)."""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models

_REFUSAL = "Rows of the ledger are only ever added: see usage.ledger for who may settle them."


class AppendOnly(models.QuerySet[Any]):
    def update(self, **fields: Any) -> NoReturn:
        raise TypeError(_REFUSAL)

    def delete(self) -> NoReturn:
        raise TypeError(_REFUSAL)

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> NoReturn:
        raise TypeError(_REFUSAL)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        if options.get("update_conflicts"):
            raise TypeError(_REFUSAL)
        return super().bulk_create(objs, *args, **options)


class AppendOnlyModel(models.Model):
    objects = AppendOnly.as_manager()

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError(_REFUSAL)
        super().save(**{**options, "force_insert": True})

    def delete(self, **options: Any) -> NoReturn:
        raise TypeError(_REFUSAL)


def amend(rows: "models.QuerySet[Any]", **fields: Any) -> int:
    """The one way around it: for the sweeper of interrupted rows, and for those a deleted account leaves.
    Returns how many rows it changed."""
    return models.QuerySet.update(rows, **fields)


def drop(rows: "models.QuerySet[Any]") -> int:
    """For retention alone. What refers to the rows must be gone before. Returns how many went."""
    return rows._raw_delete(rows.db)
