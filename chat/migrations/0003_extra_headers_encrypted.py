from django.db import migrations

import chat.models.encrypted


def encrypt(apps, schema_editor):
    for upstream in apps.get_model("chat", "Upstream").objects.exclude(plain_headers={}):
        upstream.extra_headers = {name: str(value) for name, value in upstream.plain_headers.items()}
        upstream.save(update_fields=["extra_headers"])


def decrypt(apps, schema_editor):
    for upstream in apps.get_model("chat", "Upstream").objects.all():
        upstream.plain_headers = upstream.extra_headers
        upstream.save(update_fields=["plain_headers"])


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_aliases_and_capabilities")]

    operations = [
        migrations.RenameField("upstream", "extra_headers", "plain_headers"),
        migrations.AddField(
            "upstream",
            "extra_headers",
            chat.models.encrypted.EncryptedHeadersField(
                blank=True, default=dict, help_text="Sent with every call."
            ),
        ),
        migrations.RunPython(encrypt, decrypt),
        migrations.RemoveField("upstream", "plain_headers"),
    ]
