from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0006_doers'),
    ]

    operations = [
        migrations.AddField(
            model_name='casefile',
            name='mask_rules',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='casefile',
            name='masked_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='casetext',
            name='mask_rules',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='casetext',
            name='masked_elements',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='casetext',
            name='masked_original',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='steptext',
            name='mask_rules',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='steptext',
            name='masked',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
