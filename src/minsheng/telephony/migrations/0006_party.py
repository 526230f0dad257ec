from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0005_told'),
    ]

    operations = [
        migrations.AddField(
            model_name='call',
            name='party',
            field=models.CharField(blank=True, db_default='', default='', max_length=8, verbose_name='来自'),
        ),
    ]
