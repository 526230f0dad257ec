"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0011_written_in"),
    ]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="channel",
            field=models.CharField(max_length=16, verbose_name="渠道"),
        ),
        migrations.AlterField(
            model_name="case",
            name="kind",
            field=models.CharField(max_length=12, verbose_name="类型"),
        ),
        migrations.AlterField(
            model_name="case",
            name="requester_kind",
            field=models.CharField(default="person", max_length=8, verbose_name="诉求人类型"),
        ),
        migrations.AlterField(
            model_name="case",
            name="state",
            field=models.CharField(max_length=20, verbose_name="状态"),
        ),
        migrations.AlterField(
            model_name="caseask",
            name="ask",
            field=models.CharField(max_length=12),
        ),
        migrations.AlterField(
            model_name="casetask",
            name="kind",
            field=models.CharField(max_length=8),
        ),
        migrations.AlterField(
            model_name="casetask",
            name="state",
            field=models.CharField(max_length=16),
        ),
    ]
