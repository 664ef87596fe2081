from django.db import migrations

# What was said before there were branches is one: each message follows the one before it.
FOLLOW = """
UPDATE chat_message SET parent_id = ordered.previous
FROM (SELECT id, lag(id) OVER (PARTITION BY session_id ORDER BY id) AS previous FROM chat_message) AS ordered
WHERE ordered.id = chat_message.id
"""
SHOW = """
UPDATE chat_session SET current_id = (
    SELECT id FROM chat_message WHERE session_id = chat_session.id ORDER BY id DESC LIMIT 1
)
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_message_tree")]
    operations = [
        migrations.RunSQL(FOLLOW, migrations.RunSQL.noop),
        migrations.RunSQL(SHOW, migrations.RunSQL.noop),
    ]
