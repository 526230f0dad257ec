"""Chinese words in Latin letters: names as they are spelled abroad, and first letters for fields: 路灯 by "ld". A character of several readings has them all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product


def spelled(name: str) -> Iterator[str]:
    """A person's name in Latin letters, without tones and gaps: the family name in front, and behind. Of many readings the first few."""
    found = [_ways(ways, 2 if n else 3) for n, ways in enumerate(_readings(name))]  # 单 is read Dan and Shan
    for syllables in islice(product(*found), 8):
        for split in (1, 2)[: len(syllables) - 1]:
            yield "".join(syllables)
            yield "".join((*syllables[split:], *syllables[:split]))


def half_spelled(name: str) -> Iterator[str]:
    """The family name as a character and the rest in Latin letters, and the other way round: 王xiaoming, wang小明."""
    ways = [_ways(one, 1)[0] for one in _readings(name)]
    yield from (name[:n] + "".join(ways[n:]) for n in range(1, len(name)))
    yield from ("".join(ways[:n]) + name[n:] for n in range(1, len(name)))


# The commonest parts of Tibetan names as they stand in passports, beside the pinyin of their Chinese form.
_ABROAD = {
    "扎西": "tashi", "次仁": "tsering", "卓玛": "dolma drolma", "卓嘎": "dolkar drolkar", "拉姆": "lhamo", "央金": "yangchen", "德吉": "dekyi deki", "白玛": "pema padma",
    "边巴": "penpa", "巴桑": "pasang", "达瓦": "dawa", "尼玛": "nyima", "米玛": "migmar mingma", "拉巴": "lhakpa", "普布": "phurbu", "平措": "phuntsok", "彭措": "phuntsok",
    "罗布": "norbu", "洛桑": "lobsang", "丹增": "tenzin", "旦增": "tenzin", "丹巴": "tenpa", "格桑": "kelsang kalsang", "噶玛": "karma", "嘎玛": "karma", "强巴": "jampa",
    "晋美": "jigme", "索朗": "sonam", "索南": "sonam", "多吉": "dorje dorjee", "顿珠": "dhondup dondrup", "贡布": "gonpo", "仁增": "rigzin", "仁青": "rinchen", "旺堆": "wangdu",
    "旺姆": "wangmo", "曲珍": "choedon choden", "阿旺": "ngawang", "其美": "chime", "加措": "gyatso", "嘉措": "gyatso", "坚赞": "gyaltsen", "云丹": "yonten", "益西": "yeshi yeshe",
    "伦珠": "lhundup", "朗杰": "namgyal", "赤列": "thinley trinley", "才让": "tsering", "泽仁": "tsering", "次旺": "tsewang", "次旦": "tseten", "桑珠": "samdup samdrup",
}


def abroad(name: str) -> Iterator[str]:
    """A Tibetan name of two parts and more in the letters of its passport: 扎西次仁 is tashitsering."""
    parts = [_ABROAD.get(name[at: at + 2], "").split() for at in range(0, len(name), 2)]
    if len(name) % 2 == 0 and len(parts) > 1 and all(parts):
        yield from map("".join, islice(product(*parts), 8))


def _ways(readings: list[str], most: int) -> list[str]:
    """吕 (lv) is written Lü, Lv and Lyu; marks on letters are folded away before anybody compares."""
    return [way for one in readings[:most] for way in ([one.replace("v", u) for u in ("u", "v", "yu")] if "v" in one else [one])]


def _readings(name: str) -> list[list[str]]:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin

    return pypinyin.pinyin(name, style=pypinyin.Style.NORMAL, heteronym=True)


@lru_cache(maxsize=8192)
def initials(text: str) -> tuple[str, ...]:
    """One entry a character (or run of other letters), each with the letters it may begin with: ("l", "d"), 行 ("xh",)."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # characters are enough here; the table of phrases is large
    import pypinyin

    found = pypinyin.pinyin(text, style=pypinyin.Style.FIRST_LETTER, heteronym=True)
    return tuple("".join(dict.fromkeys("".join(letters).lower())) for letters in found)
