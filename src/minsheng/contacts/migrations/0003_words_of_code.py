"""The words of a coded column are the code's: the schema keeps a length and no list. No statement."""

import minsheng.contacts.rules
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0002_reveal_budget'),
    ]

    operations = [
        migrations.AlterField(
            model_name='callerflag',
            name='grade',
            field=models.CharField(max_length=10, verbose_name='等级'),
        ),
        migrations.AlterField(
            model_name='callerflag',
            name='state',
            field=models.CharField(default=minsheng.contacts.rules.FlagState['PROPOSED'], max_length=10, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='kind',
            field=models.CharField(default=minsheng.contacts.rules.ContactKind['PERSON'], max_length=10, verbose_name='类别'),
        ),
    ]
