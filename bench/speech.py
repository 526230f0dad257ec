"""What a city says: places, callers, narratives and replies for the filler, made of the demo's own requests and of parts put together."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from minsheng.cli.demo_city import folder

_ONE = "瑞和云栖向阳康安宁远锦秀福泽兴盛金华玉泉龙凤翠明清雅文昌德馨吉祥如意春晖东湖西岭南苑北辰"
_TWO = "家园小区花园公寓新村名邸里院居苑城府湾庭"
_ROADS = "人民团结学府河滨建设解放和平幸福民族文化青年胜利长江纳金金珠夺底当热林廓江苏北京色拉朵森"
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶杜苏魏程吕丁沈任姚卢傅钟"
_GIVEN = ["伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "建国", "桂兰", "志强"]
_TIBETAN = ["次仁", "央金", "扎西", "格桑", "洛桑", "德吉", "卓玛", "旺堆", "尼玛", "达瓦", "边巴", "强巴", "白玛", "次旦", "拉姆"]
_OPENS = ["", "", "来电人反映，", "市民来电，", "我是{place}的住户，", "代表楼里十几户反映，", "再次来电，", "网上留言：", "替家里老人问一下，"]
_SINCE = ["从上周{d}号晚上开始", "已经有{d}天了", "断断续续{d}个月", "昨天下午{d}点左右", "今天一早", "连续第{d}次", "春节以后一直这样", "入冬以来"]
_HARMS = ["家里有老人和孩子，很不方便", "影响正常上班上学", "已经有人因此摔倒", "晚上根本睡不着", "损失了{n}元", "店里生意受影响", "担心出安全事故",
          "跑了{d}趟都没有办成", "孩子马上要考试", "楼里有病人等着用", "车辆过不去只能绕行", "邻居之间为此吵过几回"]
_TRIED = ["找过物业，说不归他们管", "打过单位电话一直没人接", "社区来看过一次再没下文", "", "", "窗口说要等通知", "之前反映过，办结以后又出现", "已经拍了照片可以提供",
          "和对方协商了{d}次没有结果"]
_ASKS = ["希望尽快派人来处理", "请有关部门核实并给个答复", "请问应该找哪个部门", "希望说明什么时候能解决", "要求依法查处", "请帮忙协调", "希望能退还费用",
         "建议尽快修复并长期管护", "请回电说明办理要求和所需材料"]
_FOUND = ["经现场查看，情况属实", "经核实，反映的问题部分属实", "工作人员已到{place}查看", "已联系双方了解情况", "经查阅台账和监控", "经与诉求人当面核对材料"]
_DONE = ["当天已组织维修并恢复正常", "已责令限期整改，{d}日内复查", "已列入本月维修计划", "已向诉求人解释政策并协助补齐材料", "已督促企业结清款项", "已增派人员定时巡查",
         "已清运并加装隔离设施", "双方已达成一致意见", "已更换损坏部件并试运行", "已将情况通报主管部门并抄送社区"]
_CLOSE = ["诉求人表示认可。", "后续如有问题可直接联系我单位。", "我们将长期跟踪。", "感谢监督。", "已电话告知诉求人。"]
_ANSWERS = ["可在办事大厅{d}号窗口或网上平台办理，需带身份证原件和复印件，{d}个工作日内办结。", "按现行规定可以办理，符合条件的次月起执行，费用以窗口核定为准。",
            "该路段因施工临时调整，预计{d}日恢复，可改走{road}。", "今年的申报截止日期以公告为准，逾期可在下一批次补报。",
            "已为您查询，款项在途，一般{d}个工作日到账，未到账可凭流水号再次来电。", "停水停电为计划检修，预计今晚{d}点恢复，感谢理解。",
            "医保异地就医须先备案，手机即可办理，备案后当日生效。", "您反映的情况不需要另行申请，社区会统一登记。"]
RARE = "砗磲"  # stands in a handful of cases of the whole city
BO_PLACES = ["གྲོང་ཚོ་དང་པོ་", "གྲོང་ཚོ་གཉིས་པ་", "ཤང་གཞུང་གི་ཉེ་འགྲམ་", "སློབ་གྲྭའི་སྒོ་ཁར་", "ལམ་ཆེན་གྱི་ཟུར་དུ་"]


@dataclass(frozen=True, slots=True)
class Said:
    """One request in words."""

    title: str
    narrative: str
    place: str
    original: str
    elements: dict
    kind: str


class Speech:
    """Words of a matter. Everything is drawn from the `chance` that is handed in, so a seed makes the same city."""

    def __init__(self) -> None:
        self.leaves = folder.leaves()
        self.written: dict[str, list[dict]] = {}
        for request in folder.requests():
            self.written.setdefault(request["category"], []).append(request)
        self.estates = [a + b + c for a in _ONE for b in _ONE[::3] if a != b for c in (_TWO[i : i + 2] for i in range(0, len(_TWO) - 1, 2))]
        self.roads = [_ROADS[i : i + 2] + way + "路" for i in range(0, len(_ROADS) - 1, 2) for way in ("东", "西", "中", "南", "北", "一", "二")]
        Random(7).shuffle(self.estates)

    def place(self, chance: Random, district: str) -> str:
        """A few places are named often, most hardly ever."""
        estate = self.estates[min(int(chance.expovariate(1) * len(self.estates) / 6), len(self.estates) - 1)]
        if chance.random() < 0.55:
            return f"{district}{estate}{chance.randint(1, 30)}栋"
        return f"{district}{chance.choice(self.roads)}{chance.randint(1, 480)}号{estate}"

    def _fit(self, chance: Random, text: str, place: str) -> str:
        return text.format(place=place, d=chance.randint(2, 28), n=chance.randint(2, 90) * 100, road=chance.choice(self.roads))

    def said(self, chance: Random, category: str, district: str, phone: str, language: str) -> Said:
        leaf, place = self.leaves[category], self.place(chance, district)
        sample = chance.choice(self.written[category]) if category in self.written else None
        kind = sample["kind"] if sample else chance.choice(("help", "help", "consult", "complaint", "complaint", "suggest", "report"))
        core = sample["narrative"] if sample and chance.random() < 0.35 else self._core(chance, leaf, place)
        tail = f"{chance.choice(_HARMS)}，{chance.choice(_TRIED)}。{chance.choice(_ASKS)}。"
        if phone and chance.random() < 0.12:
            tail += f"请打我电话{phone}。"
        narrative = self._fit(chance, chance.choice(_OPENS), place) + core + self._fit(chance, tail, place)
        if chance.random() < 0.00006:
            narrative += f"网购的{RARE}手串与描述不符。"
        original = chance.choice(BO_PLACES) + chance.choice(self._tibetan) if language == "bo" else ""
        title = sample["title"] if sample and chance.random() < 0.3 else f"{chance.choice(self.estates)}{leaf['name']}"
        elements = {e["key"]: self._element(chance, e, place) for e in leaf.get("elements", []) if e.get("required")}
        return Said(title, narrative, place, original, elements, kind)

    def _core(self, chance: Random, leaf: dict, place: str) -> str:
        word = chance.choice(leaf.get("keywords") or [leaf["name"]])
        what = f"{place}{word}的情况" if chance.random() < 0.5 else f"{word}，地点在{place}"
        return f"{self._fit(chance, chance.choice(_SINCE), place)}，{what}。"

    @property
    def _tibetan(self) -> list[str]:
        found = [r["original"] for rows in self.written.values() for r in rows if r.get("language") == "bo" and "original" in r]
        return found or ["ཆུ་མི་འདུག"]

    def _element(self, chance: Random, field: dict, place: str):
        if field["type"] == "choice":
            return chance.choice(field["choices"])
        if field["type"] == "number":
            return chance.randint(1, 60) * 100
        return place if field["type"] == "place" else self._fit(chance, chance.choice(_SINCE), place)

    def answer(self, chance: Random) -> str:
        return self._fit(chance, chance.choice(_ANSWERS), "")

    def reply(self, chance: Random, place: str) -> str:
        words = [*chance.sample(_FOUND, 2), chance.choice(_DONE)]
        return self._fit(chance, "，".join(words) + "。" + chance.choice(_CLOSE), place)

    def finding(self, chance: Random, place: str) -> tuple[str, str]:
        return self._fit(chance, chance.choice(_FOUND), place), self._fit(chance, chance.choice(_DONE), place)


def caller(number: int) -> tuple[str, str]:
    """(name, mobile number) of the `number`th citizen: always the same."""
    chance = Random(number)
    if number % 9 == 0:
        return chance.choice(_TIBETAN) + chance.choice(_TIBETAN), f"13{chance.randint(3, 9)}{number % 100_000_000:08d}"
    name = chance.choice(_SURNAMES) + (chance.choice(_GIVEN) if number % 2 else chance.choice(["先生", "女士"]))
    return name, f"1{chance.choice('3578')}{chance.randint(0, 9)}{number % 100_000_000:08d}"
