"""Searches of one person's stuff among everybody's: their items by what lists are sorted and filtered by, and
PostgreSQL's words by their owner first."""

import django.db.models.functions.text
from django.db import DatabaseError, migrations, models, transaction
from django.conf import settings

OWNERS = 'CREATE INDEX stuff_words_by_owner ON collections_app_contentitem USING gin (user_id, words)'
EVERYBODYS = 'CREATE INDEX stuff_words ON collections_app_contentitem USING gin (words)'


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor != 'postgresql':
        return
    # Lets the index know owners beside words. Where it is not there or not allowed, words alone must do.
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute('CREATE EXTENSION IF NOT EXISTS btree_gin')
    except DatabaseError:
        print(' (without btree_gin: searches in very much stuff are slower)', end='')
        return
    schema_editor.execute(OWNERS)
    schema_editor.execute('DROP INDEX IF EXISTS stuff_words')


def backwards(apps, schema_editor):
    """The extension stays: others may use it."""
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('DROP INDEX IF EXISTS stuff_words_by_owner')
        schema_editor.execute(EVERYBODYS.replace('INDEX', 'INDEX IF NOT EXISTS'))


class Migration(migrations.Migration):

    dependencies = [
        ('collections_app', '0003_item_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contentitem',
            index=models.Index(fields=['user', 'type', '-created_at'], name='stuff_by_type'),
        ),
        migrations.AddIndex(
            model_name='contentitem',
            index=models.Index(condition=models.Q(('is_favorite', True)), fields=['user', '-created_at'], name='stuff_favorites'),
        ),
        migrations.AddIndex(
            model_name='contentitem',
            index=models.Index(fields=['user', '-updated_at'], name='stuff_by_change'),
        ),
        migrations.AddIndex(
            model_name='contentitem',
            index=models.Index(models.F('user'), django.db.models.functions.text.Lower('title'), name='stuff_by_title'),
        ),
        migrations.RunPython(forwards, backwards),
    ]
