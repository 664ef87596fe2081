from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0008_lighter_tables'),
    ]

    operations = [
        migrations.AlterField(
            model_name='usagerecord',
            name='tokens_source',
            field=models.CharField(choices=[('upstream', 'told by the model server'), ('counted', "counted by the model server's tokenizer"), ('estimated', 'estimated from the text')], default='estimated', max_length=10),
        ),
    ]
