"""Full-text search in PostgreSQL. (SQLite's: `chat.conversations.sqlite_words`.)"""

from django.db import migrations

# The portal's languages are many: words are taken as they are written. What stands between words is made a
# space, or PostgreSQL would take `example.com/a-b` for one. A tsvector holds 1 MB: what a very long
# message says at its end is not found. An answer that is being written is saved every second, and counted
# at its end.
FUNCTION = r"""
CREATE OR REPLACE FUNCTION chat_message_words(text text, status text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN $2 <> 'streaming' THEN to_tsvector(
        'pg_catalog.simple',
        translate(left($1, 100000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))
    ) END
$$
"""
# Concurrently: nobody waits for it. One that broke off half-way is begun anew.
INDEX = "CREATE INDEX CONCURRENTLY chat_message_words ON chat_message USING gin (chat_message_words(text, status))"


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(FUNCTION, None)
        schema_editor.execute('DROP INDEX IF EXISTS chat_message_words')
        schema_editor.execute(INDEX)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('DROP INDEX IF EXISTS chat_message_words')
        schema_editor.execute('DROP FUNCTION IF EXISTS chat_message_words')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('chat', '0010_search'),
    ]

    operations = [migrations.RunPython(forwards, backwards)]
