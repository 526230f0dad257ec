from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0002_transcripts'),
    ]

    operations = [
        migrations.AddField(
            model_name='callback',
            name='promised_at',
            field=models.DateTimeField(null=True, verbose_name='最迟回拨'),
        ),
    ]
