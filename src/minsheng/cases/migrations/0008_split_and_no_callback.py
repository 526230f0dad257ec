
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_masked_words'),
    ]

    operations = [
        migrations.AlterField(
            model_name='case',
            name='state',
            field=models.CharField(choices=[('start', '未登记'), ('draft', '草稿'), ('pending_review', '待审核派单'), ('pending_sign', '待签收'), ('return_review', '退单审核'), ('in_progress', '办理中'), ('parked', '挂账'), ('pending_check', '待办结审核'), ('pending_callback', '待回访'), ('closed', '已办结'), ('direct_answered', '在线办结'), ('declined', '不予受理'), ('transferred', '已转接'), ('merged', '已并单'), ('split', '已拆分'), ('terminated', '已终止'), ('final_replied', '最终答复'), ('withdrawn', '已撤诉')], max_length=20, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='caseask',
            name='ask',
            field=models.CharField(choices=[('return', '退单'), ('extension', '延期'), ('parking', '挂账'), ('termination', '终止办理'), ('final', '最终答复'), ('statutory', '转法定程序'), ('exclusion', '剔除'), ('consult', '派前会商'), ('redo', '重办审核'), ('erasure', '删除个人信息'), ('no_callback', '无法回访')], max_length=12),
        ),
    ]
