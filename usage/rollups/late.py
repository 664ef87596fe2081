"""Requests that are written down long after they began, or settled after they were given up: the hour they
belong to may be closed already.

The database itself then opens it again, in the transaction that writes the row, whoever writes it. For rows
that are on time this costs one comparison.
"""

from typing import Any

from django.db import connections

from usage.models import ClosedBucket, Grain, LedgerFloor, Status, UsageRecord
from usage.rollups.locking import NUMBER

# Less than `closing.MARGIN` by what a transaction may take.
LATE_MINUTES = 10
_NAME, _AGAIN = "usage_late_request", "usage_settled_after_all"
_WAS_GIVEN_UP = f"OLD.status = '{Status.INTERRUPTED}'"


def install(using: str, **_: Any) -> None:
    """After each migration: SQLite forgets triggers when a table changes."""
    connection = connections[using]
    present = connection.introspection.table_names()
    tables = {model: model._meta.db_table for model in (UsageRecord, ClosedBucket, LedgerFloor)}
    if not set(tables.values()) <= set(present):
        return
    ledger, closed, floor = tables.values()
    statements = _postgresql if connection.vendor == "postgresql" else _sqlite
    with connection.cursor() as cursor:
        for statement in statements(ledger, closed, floor):
            cursor.execute(statement)


def _postgresql(ledger: str, closed: str, floor: str) -> list[str]:
    is_its = " OR ".join(
        f"grain = '{grain}' AND start = date_trunc('{grain}', NEW.started_at, 'UTC')" for grain in Grain
    )
    return [
        f"""CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock({NUMBER});
            DELETE FROM {closed} WHERE ({is_its})
                AND NOT EXISTS (SELECT FROM {floor} WHERE kept_since > NEW.started_at);
            RETURN NULL;
        END $$""",  # noqa: S608
        f"""CREATE OR REPLACE TRIGGER {_NAME} AFTER INSERT ON {ledger} FOR EACH ROW
        WHEN (NEW.started_at < now() - interval '{LATE_MINUTES} minutes') EXECUTE FUNCTION {_NAME}()""",
        f"""CREATE OR REPLACE TRIGGER {_AGAIN} AFTER UPDATE OF status ON {ledger} FOR EACH ROW
        WHEN ({_WAS_GIVEN_UP}) EXECUTE FUNCTION {_NAME}()""",
    ]


def _sqlite(ledger: str, closed: str, floor: str) -> list[str]:
    starts = {
        Grain.HOUR: "%Y-%m-%d %H:00:00",
        Grain.DAY: "%Y-%m-%d 00:00:00",
        Grain.MONTH: "%Y-%m-01 00:00:00",
    }
    is_its = " OR ".join(
        f"grain = '{grain}' AND start = strftime('{form}', NEW.started_at)" for grain, form in starts.items()
    )
    is_late = f"NEW.started_at < strftime('%Y-%m-%d %H:%M:%S', 'now', '-{LATE_MINUTES} minutes')"
    opening = f"""BEGIN
            DELETE FROM {closed} WHERE ({is_its})
                AND NOT EXISTS (SELECT 1 FROM {floor} WHERE kept_since > NEW.started_at);
        END"""  # noqa: S608
    return [
        f"DROP TRIGGER IF EXISTS {_NAME}",
        f"CREATE TRIGGER {_NAME} AFTER INSERT ON {ledger} FOR EACH ROW WHEN {is_late} {opening}",
        f"DROP TRIGGER IF EXISTS {_AGAIN}",
        f"""CREATE TRIGGER {_AGAIN} AFTER UPDATE OF status ON {ledger} FOR EACH ROW
        WHEN {_WAS_GIVEN_UP} {opening}""",
    ]
