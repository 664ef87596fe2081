"""The words of a model's rows in SQLite: a table for full-text search (FTS5), kept by triggers.

No migration makes them: to change a column, Django makes a table anew, and its triggers are lost with the old
one. So after every `migrate` they are looked for, and where one is missing all is made afresh.
Our rows have no number that lasts (a VACUUM gives new ones), so `<table>_docs` keeps theirs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections, transaction


@dataclass(frozen=True)
class WordTable:
    """`columns` are what of a row of `table` can be found, in SQL with `{0}` for the row; `watched` are the
    columns that this is made of, `condition` says which rows count. `key` is what `<table>_docs` calls a row.
    """

    table: str
    key: str
    columns: Mapping[str, str]
    watched: tuple[str, ...]
    condition: str = "1"

    def prepare(self, using: str = "default", **_: Any) -> None:
        """Called after every `migrate`."""
        connection = connections[using]
        if connection.vendor != "sqlite" or self.table not in connection.introspection.table_names():
            return
        triggers = self._triggers()
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.terms} USING fts5vocab({self.words}, row)"
            )
            names = ", ".join(f"'{name}'" for name in triggers)
            cursor.execute(
                f"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN ({names})"  # noqa: S608
            )
            if cursor.fetchone()[0] == len(triggers):
                return
            for statement in self._statements(triggers):
                cursor.execute(statement)

    def matching(self, wanted: str) -> str:
        """SQL for `wanted` of the rows that match; its parameter is what `MATCH` is given."""
        return (
            f"SELECT {wanted} FROM {self.words} JOIN {self.docs} docs"  # noqa: S608
            f" ON docs.id = {self.words}.rowid WHERE {self.words} MATCH %s"
        )

    def known(self, first: Sequence[str], shortest: int, longest: int, most: int) -> list[str]:
        """Words of any row that begin with one of these letters, by their length."""
        found: list[str] = []
        with connection.cursor() as cursor:
            for letter in first:
                cursor.execute(
                    f"SELECT term FROM {self.terms} WHERE term >= %s AND term < %s"  # noqa: S608
                    " AND length(term) BETWEEN %s AND %s LIMIT %s",
                    [letter, letter + "\U0010ffff", shortest, longest, most],
                )
                found += [term for (term,) in cursor.fetchall()]
        return found

    @property
    def terms(self) -> str:
        return f"{self.table}_terms"

    @property
    def words(self) -> str:
        return f"{self.table}_words"

    @property
    def docs(self) -> str:
        return f"{self.table}_docs"

    def _statements(self, triggers: Mapping[str, str]) -> Iterator[str]:
        yield (
            f"CREATE TABLE IF NOT EXISTS {self.docs}"
            f" (id INTEGER PRIMARY KEY, {self.key} TEXT NOT NULL UNIQUE)"
        )
        yield (
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.words}"
            f" USING fts5({self._names}, tokenize='unicode61 remove_diacritics 0')"
        )
        yield f"DELETE FROM {self.words}"  # noqa: S608
        yield f"DELETE FROM {self.docs}"  # noqa: S608
        yield (
            f"INSERT INTO {self.docs}({self.key}) SELECT id FROM {self.table}"  # noqa: S608
            f" WHERE {self.condition.format(self.table)}"
        )
        yield (
            f"INSERT INTO {self.words}(rowid, {self._names}) SELECT docs.id, {self._values(self.table)}"  # noqa: S608
            f" FROM {self.docs} docs JOIN {self.table} ON {self.table}.id = docs.{self.key}"
        )
        for name, body in triggers.items():
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield f"CREATE TRIGGER {name} {body}"

    def _triggers(self) -> dict[str, str]:
        counts = self.condition.format("new")
        know = (
            f"INSERT INTO {self.docs}({self.key}) SELECT new.id WHERE NOT EXISTS"  # noqa: S608
            f" (SELECT 1 FROM {self.docs} WHERE {self.key} = new.id);"
        )
        learn = (
            f"INSERT INTO {self.words}(rowid, {self._names})"  # noqa: S608
            f" SELECT id, {self._values('new')} FROM {self.docs} WHERE {self.key} = new.id;"
        )
        unknown = f"DELETE FROM {self.docs} WHERE {self.key} = old.id;"  # noqa: S608
        return {
            f"{self.table}_said": f"AFTER INSERT ON {self.table} WHEN {counts} BEGIN {know} {learn} END",
            f"{self.table}_changed": f"AFTER UPDATE OF {', '.join(self.watched)} ON {self.table}"
            f" WHEN {counts} BEGIN {know} {self._forget('new')} {learn} END",
            f"{self.table}_gone": f"AFTER DELETE ON {self.table} BEGIN {self._forget('old')} {unknown} END",
        }

    def _forget(self, row: str) -> str:
        return (
            f"DELETE FROM {self.words} WHERE rowid ="  # noqa: S608
            f" (SELECT id FROM {self.docs} WHERE {self.key} = {row}.id);"
        )

    @property
    def _names(self) -> str:
        return ", ".join(self.columns)

    def _values(self, row: str) -> str:
        return ", ".join(expression.format(row) for expression in self.columns.values())
