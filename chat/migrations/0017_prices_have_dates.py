from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0016_dated_prices'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='publicmodel',
            name='cache_write_price',
        ),
        migrations.RemoveField(
            model_name='publicmodel',
            name='cached_price',
        ),
        migrations.RemoveField(
            model_name='publicmodel',
            name='input_price',
        ),
        migrations.RemoveField(
            model_name='publicmodel',
            name='output_price',
        ),
    ]
