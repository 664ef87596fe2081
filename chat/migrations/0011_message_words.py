"""Full-text search in PostgreSQL: a column that a trigger fills. (SQLite's: `chat.conversations.sqlite_words`.)

Filled while the portal serves: to generate the column would lock the table until the last message is through.
An index over an expression would do for rare words; for common ones PostgreSQL would take each of the person's
messages apart anew.
"""

from django.db import migrations

# The portal's languages are many: words are taken as they are written. What stands between words is made a
# space, or PostgreSQL would take `example.com/a-b` for one. A tsvector holds 1 MB: what a very long
# message says at its end is not found. An answer that is being written is saved every second, and counted
# at its end.
FUNCTION = r"""
CREATE OR REPLACE FUNCTION chat_message_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'streaming' THEN
        NEW.words := to_tsvector(
            'pg_catalog.simple',
            translate(left(NEW.text, 100000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))
        );
    END IF;
    RETURN NEW;
END
$$
"""
TRIGGER = """
CREATE TRIGGER chat_message_words BEFORE INSERT OR UPDATE OF text, status ON chat_message
FOR EACH ROW EXECUTE FUNCTION chat_message_words()
"""
# A batch at a time, each committed: nobody waits long for a row.
FILL = """
WITH batch AS (SELECT id FROM chat_message WHERE id > %s ORDER BY id LIMIT 1000),
     filled AS (UPDATE chat_message SET text = text FROM batch WHERE chat_message.id = batch.id)
SELECT max(id::text) FROM batch
"""
INDEX = 'CREATE INDEX CONCURRENTLY chat_message_words ON chat_message USING gin (words)'
NO_TRIGGER = 'DROP TRIGGER IF EXISTS chat_message_words ON chat_message'
NO_INDEX = 'DROP INDEX IF EXISTS chat_message_words'


def forwards(apps, schema_editor):
    """One that broke off half-way may be run again."""
    if schema_editor.connection.vendor != 'postgresql':
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute('ALTER TABLE chat_message ADD COLUMN IF NOT EXISTS words tsvector')
        for statement in (FUNCTION, NO_TRIGGER, TRIGGER, NO_INDEX):
            cursor.execute(statement)
        last = '00000000-0000-0000-0000-000000000000'
        while last:
            cursor.execute(FILL, [last])
            last = cursor.fetchone()[0]
        cursor.execute(INDEX)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        with schema_editor.connection.cursor() as cursor:
            for statement in (NO_INDEX, NO_TRIGGER, 'DROP FUNCTION IF EXISTS chat_message_words'):
                cursor.execute(statement)
            cursor.execute('ALTER TABLE chat_message DROP COLUMN IF EXISTS words')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('chat', '0010_search'),
    ]

    operations = [migrations.RunPython(forwards, backwards)]
