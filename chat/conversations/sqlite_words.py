"""The words of messages in SQLite: a table for full-text search (FTS5), kept by triggers.

No migration makes them: to change a column, Django makes a table anew, and its triggers are lost with the old
one. So after every `migrate` they are looked for, and where one is missing all is made afresh.
Messages have no number that lasts (a VACUUM gives new ones), so `chat_message_docs` keeps theirs.
"""

from typing import Any

from django.db import connections, transaction

_TABLES = (
    "CREATE TABLE IF NOT EXISTS chat_message_docs (id INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS chat_message_words"
    " USING fts5(text, tokenize='unicode61 remove_diacritics 0')",
)
_FORGET = """
    DELETE FROM chat_message_words WHERE rowid = (SELECT id FROM chat_message_docs WHERE message = {}.id);"""
_LEARN = """
    INSERT INTO chat_message_words(rowid, text)
    SELECT id, new.text FROM chat_message_docs WHERE message = new.id;"""
_KNOW = """
    INSERT INTO chat_message_docs(message)
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM chat_message_docs WHERE message = new.id);"""
_UNKNOW = "DELETE FROM chat_message_docs WHERE message = old.id;"
_TRIGGERS = {
    # An answer that is being written is saved every second: its words are counted at its end.
    "chat_message_said": f"""
        AFTER INSERT ON chat_message WHEN new.status <> 'streaming' BEGIN {_KNOW} {_LEARN} END""",
    "chat_message_changed": f"""
        AFTER UPDATE OF text, status ON chat_message WHEN new.status <> 'streaming'
        BEGIN {_KNOW} {_FORGET.format("new")} {_LEARN} END""",
    "chat_message_gone": f"""
        AFTER DELETE ON chat_message BEGIN {_FORGET.format("old")} {_UNKNOW} END""",
}
_REFILL = (
    "DELETE FROM chat_message_words",
    "DELETE FROM chat_message_docs",
    "INSERT INTO chat_message_docs(message) SELECT id FROM chat_message WHERE status <> 'streaming'",
    "INSERT INTO chat_message_words(rowid, text)"
    " SELECT docs.id, text FROM chat_message_docs docs JOIN chat_message ON chat_message.id = docs.message",
)


def prepare(using: str = "default", **_: Any) -> None:
    """Called after every `migrate`."""
    connection = connections[using]
    if connection.vendor != "sqlite" or "chat_message" not in connection.introspection.table_names():
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        names = ", ".join(f"'{name}'" for name in _TRIGGERS)
        cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN ({names})")  # noqa: S608
        if cursor.fetchone()[0] == len(_TRIGGERS):
            return
        triggers = [
            statement
            for name, body in _TRIGGERS.items()
            for statement in (f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {body}")
        ]
        for statement in (*_TABLES, *_REFILL, *triggers):
            cursor.execute(statement)
