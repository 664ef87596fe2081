"""On PostgreSQL the ledger becomes a table of months. The rows it has are not copied: their table becomes the
first part, up to the end of this month. What takes time is reading them and those who refer to them once."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import migrations

TABLE, BEFORE, DEFAULT = "usage_usagerecord", "usage_usagerecord_before", "usage_usagerecord_default"


def into_months(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    database = _Database(schema_editor)
    parts = database.parts(TABLE)
    referring = database.referring(TABLE)
    for table, name, _ in referring:
        database.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    database.run(f"ALTER TABLE {TABLE} RENAME TO {BEFORE}")
    for name in parts.indexes:
        database.run(f'ALTER INDEX "{name}" RENAME TO "{_short(name)}"')
    database.run(
        f"CREATE TABLE {TABLE} (LIKE {BEFORE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id)"
    )
    database.build(TABLE, parts)
    database.run(f"CREATE TABLE {DEFAULT} PARTITION OF {TABLE} DEFAULT")
    bound = _end_of_month()
    # No portal makes such ids.
    database.run(f"WITH late AS (DELETE FROM {BEFORE} WHERE id >= '{bound}' RETURNING *)"
                 f" INSERT INTO {TABLE} SELECT * FROM late")
    database.run(f"ALTER TABLE {TABLE} ATTACH PARTITION {BEFORE} FOR VALUES FROM (MINVALUE) TO ('{bound}')")
    if not database.rows(f"SELECT 1 FROM {BEFORE} LIMIT 1"):
        database.run(f"DROP TABLE {BEFORE}")
    database.refer(referring)


def into_one(apps, schema_editor):
    """All rows are copied."""
    if schema_editor.connection.vendor != "postgresql":
        return
    database = _Database(schema_editor)
    parts = database.parts(TABLE)
    referring = database.referring(TABLE)
    for table, name, _ in referring:
        database.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    database.run(f"CREATE TABLE usage_whole (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    database.run(f"INSERT INTO usage_whole SELECT * FROM {TABLE}")
    database.run(f"DROP TABLE {TABLE}")
    database.run(f"ALTER TABLE usage_whole RENAME TO {TABLE}")
    database.build(TABLE, parts)
    database.refer(referring)


class _Parts:
    """What a table has beside its columns, as statements that make it again."""

    def __init__(self, constraints, indexes):
        self.constraints, self.indexes = constraints, indexes


class _Database:
    def __init__(self, schema_editor):
        # Checks that wait for the end of the transaction keep a table from being altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._editor = schema_editor

    def run(self, statement):
        self._editor.execute(statement, params=None)

    def rows(self, statement):
        with self._editor.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def parts(self, table):
        constraints = self.rows(
            "SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint"
            f" WHERE conrelid = '{table}'::regclass AND contype IN ('p', 'f')"
        )
        keys = [name for name, kind, _ in constraints if kind == "p"]
        indexes = dict(
            self.rows(
                "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid"
                f" WHERE indrelid = '{table}'::regclass"
            )
        )
        # A key makes its index itself.
        made = {name: None if name in keys else definition for name, definition in indexes.items()}
        return _Parts([(name, definition) for name, _, definition in constraints], made)

    def build(self, table, parts):
        for name, definition in parts.constraints:
            self.run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for definition in parts.indexes.values():
            if definition:
                # Of a table of months it says ONLY, as if its parts were none of its business.
                self.run(definition.replace(" ON ONLY ", " ON "))

    def referring(self, table):
        return self.rows(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
            f" WHERE confrelid = '{table}'::regclass AND contype = 'f' AND conparentid = 0"
        )

    def refer(self, referring):
        for table, name, definition in referring:
            self.run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _short(name):
    return f"{name[:56]}_before"


def _end_of_month():
    """The smallest id of the next month."""
    now = datetime.now(UTC)
    following = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return UUID(int=int(following.timestamp() * 1000) << 80)


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0005_progress'),
    ]

    operations = [
        migrations.RunPython(into_months, into_one, elidable=False),
    ]
