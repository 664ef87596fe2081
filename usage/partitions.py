"""On PostgreSQL the ledger has a table for each month, told by the id (docs/decisions/0012).

What fits no month is kept in the default one: no insertion ever fails. Rows from before there were months
are together in one. With another database nothing here does anything.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.sql import SQL, Composed, Identifier, Literal

from usage.models import UsageRecord
from usage.months import first_id, month_start

log = logging.getLogger(__name__)

AHEAD = 3
_TABLE = UsageRecord._meta.db_table
_DEFAULT = f"{_TABLE}_default"
# Requests wait while the tables are changed: rather later than long.
_PATIENCE = SQL("SET LOCAL lock_timeout = '3s'")
_LARGEST = UUID(int=2**128 - 1)
_LIST = """
    SELECT child.relname, pg_get_expr(child.relpartbound, child.oid)
    FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = %s::regclass
"""


@dataclass(frozen=True)
class Partition:
    """Rows with `since` ≤ id < `until`."""

    name: str
    since: UUID
    until: UUID


def is_partitioned() -> bool:
    """Not while only some migrations have run."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_class WHERE oid = to_regclass(%s) AND relkind = 'p'", [_TABLE])
        return cursor.fetchone() is not None


def partitions() -> list[Partition]:
    """In the order of their rows; without the default one."""
    if not is_partitioned():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [_TABLE])
        found = [_parsed(name, bounds) for name, bounds in cursor.fetchall() if bounds != "DEFAULT"]
    return sorted(found, key=lambda partition: partition.since)


def create_ahead(now: datetime) -> list[str]:
    """This month's and those to come, where they are missing; returns the new ones' names."""
    if not is_partitioned():
        return []
    known = partitions()
    new = []
    for months in range(AHEAD + 1):
        month = month_start(now, months)
        wanted = Partition(f"{_TABLE}_{month:%Y_%m}", first_id(month), first_id(month_start(month, 1)))
        if all(other.until <= wanted.since or other.since >= wanted.until for other in known):
            _create(wanted)
            new.append(wanted.name)
    return new


def drop(partition: Partition) -> int:
    """With all that is in it, to which nothing may refer any more. Returns how many rows that were."""
    name = Identifier(partition.name)
    with transaction.atomic():
        _run(_PATIENCE)
        count = int(_run(SQL("SELECT count(*) FROM {}").format(name))[0][0])
        _run(SQL("ALTER TABLE {} DETACH PARTITION {}").format(Identifier(_TABLE), name))
        _run(SQL("DROP TABLE {}").format(name))
    log.info("Dropped the ledger's table %s with %d rows.", partition.name, count)
    return count


def _create(partition: Partition) -> None:
    """Rows that had to go to the default one move in."""
    names = {"table": Identifier(_TABLE), "name": Identifier(partition.name), "default": Identifier(_DEFAULT)}
    bounds = {"since": Literal(str(partition.since)), "until": Literal(str(partition.until))}
    statements = (
        "CREATE TEMPORARY TABLE moving ON COMMIT DROP AS"
        " SELECT * FROM {default} WHERE id >= {since} AND id < {until}",
        "DELETE FROM {default} WHERE id >= {since} AND id < {until}",
        "CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({since}) TO ({until})",
        "INSERT INTO {table} SELECT * FROM moving",
    )
    with transaction.atomic():
        _run(_PATIENCE)
        _run(SQL("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE").format(**names))
        with _let_go(partition):
            for statement in statements:
                _run(SQL(statement).format(**names, **bounds))


@contextmanager
def _let_go(partition: Partition) -> Iterator[None]:
    """Nothing refers to its rows meanwhile: PostgreSQL takes one that moves for one that goes."""
    _run(SQL("SET CONSTRAINTS ALL IMMEDIATE"))
    referring = []
    for relation in UsageRecord._meta.related_objects:
        name, rows = relation.field.name, relation.related_model._base_manager
        inside = rows.filter(**{f"{name}__gte": partition.since, f"{name}__lt": partition.until})
        referring += [(rows.filter(pk=key), {name: usage}) for key, usage in inside.values_list("pk", name)]
        inside.update(**{name: None})
    yield
    for row, reference in referring:
        row.update(**reference)


def _parsed(name: str, bounds: str) -> Partition:
    since, until = re.fullmatch(r"FOR VALUES FROM \((.*)\) TO \((.*)\)", bounds).groups()  # type: ignore[union-attr]
    return Partition(name, _bound(since, UUID(int=0)), _bound(until, _LARGEST))


def _bound(said: str, otherwise: UUID) -> UUID:
    return UUID(said.strip("'")) if said.startswith("'") else otherwise


def _run(statement: SQL | Composed) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
