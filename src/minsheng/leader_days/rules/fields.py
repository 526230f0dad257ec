"""What the steps of leader days are given. Pure. Words of schemes, periods and notices are official: an office publishes them."""

from __future__ import annotations

from minsheng.cases.rules import Kind
from minsheng.kit.step_fields import Field, table
from minsheng.leader_days.rules import media, reports
from minsheng.leader_days.rules.states import Cause, Medium, Source

FIELDS = table(
    # a scheme
    Field("name", "方案名称", "text", longest=80, official=True),
    Field("year", "年度", "number", help="如 2025"),
    Field("aim", "目的", "long", longest=600, official=True),
    Field("topics", "接听主题范围", "long", longest=600, official=True, help="如 交通出行、旅游服务、城市管理"),
    Field("units", "参加单位", "ids"),
    Field("since", "开始日期", "day"),
    Field("until", "结束日期", "day"),
    # a period
    Field("scheme", "所属方案", "id"),
    Field("number", "期号", "number", help="本方案内的第几期"),
    Field("theme", "主题", "text", longest=120, official=True),
    Field("unit", "接听单位", "id"),
    Field("leader", "接听领导", "id", help="有“接听领导”角色的账号"),
    Field("deputy", "由副职代为接听", "bool"),
    Field("seat", "席位", "text", longest=40, official=True, help="如 1 号席"),
    Field("starts", "开始时间", "moment"),
    Field("ends", "结束时间", "moment"),
    Field("desk", "接听席", "id"),
    Field("medium", "发布渠道", "choice", tuple(Medium.choices())),
    Field("outlet", "媒体名称", "text", longest=60, official=True, help="如 市广播电视台"),
    Field("text", "通告内容", "long", longest=2000, official=True),
    Field("published_on", "发布日期", "day"),
    Field("views", "浏览量", "number", help="只登记、只累计，不计入任何评分"),
    Field("notice", "通告", "id"),
    Field("cancel_notice", "对外说明", "long", longest=200, official=True, help="公众和报了话题的人看到：为什么取消，改到什么时候；不写内部情况"),
    Field("summary", "总结", "long", longest=2000, official=True),
    # a commitment
    Field("period", "所属期", "id"),
    Field("case", "所涉工单", "id"),
    Field("source", "承诺于", "choice", tuple(Source.choices())),
    Field("met_on", "协调会日期", "day", help="在协调会上承诺的填写"),
    Field("what", "承诺内容", "long", longest=600, help="写明做什么、做到什么程度；不写诉求人姓名和电话"),
    Field("owner_unit", "责任单位", "id"),
    Field("owner", "责任人", "text", longest=40, help="姓名和职务"),
    Field("due", "兑现日期", "day", help="工作日，不早于来电当天"),
    Field("proof", "兑现情况", "long", longest=2000, help="做了什么、在哪里、凭什么看得出来"),
    Field("done_on", "完成日期", "day"),
    Field("files", "照片或文件", "files", help="看得出做了什么的；照片里的拍摄地点会去掉，文件名不写姓名、电话"),
    Field("finding", "核验结论", "long", longest=2000, help="怎样核验的、看到了什么"),
    Field("cause", "未按期的原因", "choice", tuple(Cause.choices())),
    Field("reason", "理由", "long", longest=1000),
    Field("new_due", "申请的兑现日期", "day"),
    Field("public_matter", "公开的事项", "text", longest=120, help="不含姓名、电话、门牌"),
    Field("public_progress", "公开的进展", "text", longest=200),
    # a coordination meeting
    Field("meets_on", "会期", "day"),
    Field("venue", "地点", "text", longest=80, official=True),
    Field("attends", "参加单位和人员", "long", longest=600, help="单位、姓名、职务"),
    Field("held_on", "召开日期", "day"),
    Field("attended", "到会人员", "long", longest=600),
    Field("minutes", "会议纪要", "long", longest=4000, help="不写诉求人的姓名和电话"),
    Field("lead", "牵头到底的单位", "id"),
    Field("co_units", "协办单位", "ids"),
    Field("duty", "责任", "long", longest=600, help="做什么、做到什么程度；不写诉求人的姓名和电话"),
    # a sign-up before a period
    Field("kind", "类别", "choice", tuple(Kind.choices())),
    Field("said", "话题或问题", "long", longest=2000),
    Field("place", "地点", "text", longest=200),
    Field("told", "告知本人的理由", "long", longest=600, help="本人查询时看到：为什么不在本期范围、可以找哪里"),
) | media.FIELDS | reports.FIELDS
