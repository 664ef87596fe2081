from datetime import UTC, datetime

from django.db import migrations

# Nobody wrote down when: they count as members from the start.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def write_down(apps, schema_editor):
    Membership = apps.get_model("accounts", "Membership")
    through = apps.get_model("accounts", "User").groups.through
    rows = (
        Membership(user_id=user_id, group_id=group_id, since=ALWAYS)
        for user_id, group_id in through.objects.values_list("user_id", "group_id").iterator()
    )
    Membership.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [("accounts", "0006_memberships")]

    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
