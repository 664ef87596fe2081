from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0009_one_branch'),
    ]

    operations = [
        # Nobody knows who gave a title that is there already: it stays.
        migrations.AddField(
            model_name='session',
            name='title_by',
            field=models.CharField(choices=[('portal', 'Portal'), ('model', 'Model'), ('person', 'Person')], db_default='person', default='person', max_length=6),
        ),
        migrations.AlterField(
            model_name='session',
            name='title_by',
            field=models.CharField(choices=[('portal', 'Portal'), ('model', 'Model'), ('person', 'Person')], db_default='portal', default='portal', max_length=6),
        ),
        migrations.AddField(
            model_name='session',
            name='deleted_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('deleted_at__isnull', False)), fields=['deleted_at'], name='chat_session_deleted'),
        ),
    ]
