from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inter_agency', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='handover',
            name='mark',
            field=models.BinaryField(null=True),
        ),
    ]
