"""Full-text search in PostgreSQL. (SQLite's: `collections_app.sqlite_words`.)

The words are kept in a column, so that ranking does not read every text anew. Django's model does not know it.
"""

from django.db import migrations

# As for messages: words are taken as they are written, what stands between them separates, and what a very
# long text says at its end is not found.
PLAIN = r"""translate({}, '!"#$%&''()*+,-./:;<=>?@[\]^_`{{|}}~', repeat(' ', 32))"""
FUNCTION = r"""
CREATE OR REPLACE FUNCTION stuff_words(title text, tags jsonb, description text, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('pg_catalog.simple', %s), 'A')
        || setweight(to_tsvector('pg_catalog.simple', %s), 'B')
        || setweight(to_tsvector('pg_catalog.simple', %s), 'C')
        || setweight(to_tsvector('pg_catalog.simple', %s), 'D')
$$
""" % tuple(PLAIN.format(text) for text in ('$1', '$2::text', '$3', 'left($4, 100000)'))
COLUMN = """
ALTER TABLE collections_app_contentitem
ADD COLUMN words tsvector GENERATED ALWAYS AS (stuff_words(title, tags, description, content)) STORED
"""
INDEX = 'CREATE INDEX stuff_words ON collections_app_contentitem USING gin (words)'


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor != 'postgresql':
        return
    schema_editor.execute(FUNCTION, None)
    schema_editor.execute(COLUMN)
    schema_editor.execute(INDEX)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('ALTER TABLE collections_app_contentitem DROP COLUMN IF EXISTS words')
        schema_editor.execute('DROP FUNCTION IF EXISTS stuff_words')


class Migration(migrations.Migration):

    dependencies = [
        ('collections_app', '0001_initial'),
    ]

    operations = [migrations.RunPython(forwards, backwards)]
