"""Chinese words in Latin letters: names as they are spelled abroad, and first letters for fields: 路灯 by "ld". A character of several readings has them all."""

from __future__ import annotations

import os
import re
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


def with_initials(name: str) -> Iterator[str]:
    """Letters of the family in full and first letters of the rest, in front and behind; and the other way round: wangxm, xmwang, wxiaoming, xiaomingw."""
    ways = [_ways(one, 1)[0] for one in _readings(name)]
    heads = "".join(way[0] for way in ways)
    yield from (ways[0] + heads[1:], heads[1:] + ways[0], heads[0] + "".join(ways[1:]), "".join(ways[1:]) + heads[0])


def syllables(name: str) -> set[str]:
    """A family's name in Latin letters, each way it is read."""
    return set(map("".join, islice(product(*(_ways(one, 3) for one in _readings(name))), 8)))


# The commonest parts of Tibetan names: in Chinese, as they stand in passports (beside the pinyin of their Chinese form), in their own script.
_PARTS = [tuple(way.split("/") for way in row.split()) for row in """
扎西 tashi/zhaxi བཀྲ་ཤིས
次仁/才仁/泽仁/才让 tsering/cering ཚེ་རིང
卓玛 dolma/drolma/zhoima སྒྲོལ་མ
卓嘎/卓尕 dolkar/drolkar/zhoigar སྒྲོལ་དཀར
拉姆/拉毛 lhamo ལྷ་མོ
央金 yangchen/yangjain དབྱངས་ཅན
德吉 dekyi/deki/degyi བདེ་སྐྱིད
白玛 pema/padma/baima པདྨ/པད་མ
边巴 penpa/benba སྤེན་པ
巴桑 pasang པ་སངས
达瓦/达娃 dawa ཟླ་བ
尼玛 nyima ཉི་མ
米玛 migmar/mingma/mimar མིག་དམར
拉巴 lhakpa/lhagba ལྷག་པ
普布 phurbu/purbu ཕུར་བུ
平措/彭措 phuntsok/puncog ཕུན་ཚོགས
罗布 norbu ནོར་བུ
洛桑/罗桑 lobsang/losang བློ་བཟང
丹增/旦增/登增 tenzin/dainzin བསྟན་འཛིན
丹巴/旦巴 tenpa བསྟན་པ
格桑 kelsang/kalsang/gaisang སྐལ་བཟང
噶玛/嘎玛 karma ཀརྨ/ཀར་མ
强巴/向巴 jampa/qamba བྱམས་པ
晋美/久美/吉美 jigme འཇིགས་མེད
索朗/索南/四郎 sonam/soinam བསོད་ནམས
多吉 dorje/dorjee རྡོ་རྗེ
顿珠/邓珠/东珠 dhondup/dondrup/toinzhub དོན་གྲུབ
贡布 gonpo/goinbo མགོན་པོ
仁增 rigzin རིག་འཛིན
仁青/仁钦 rinchen/rinqen རིན་ཆེན
旺堆 wangdu དབང་འདུས
旺姆 wangmo དབང་མོ
曲珍 choedon/choden/qoizhoin ཆོས་སྒྲོན
群培 choephel ཆོས་འཕེལ
阿旺/昂旺 ngawang ངག་དབང
其美/其米 chime/qimai འཆི་མེད
加措/嘉措/江措 gyatso/gyaco རྒྱ་མཚོ
坚赞/坚参 gyaltsen/gyaincain རྒྱལ་མཚན
云丹 yonten/yoindain ཡོན་ཏན
益西/意西 yeshi/yeshe/yexe ཡེ་ཤེས
伦珠 lhundup ལྷུན་གྲུབ
朗杰/南杰 namgyal རྣམ་རྒྱལ
赤列/赤来 thinley/trinley/chilai འཕྲིན་ལས
次旺/才旺/泽旺 tsewang/cewang ཚེ་དབང
次旦/才旦 tseten/cedain ཚེ་བརྟན
桑珠 samdup/samdrup བསམ་གྲུབ
""".strip().split("\n")]
_ROW = {way: row for row in _PARTS for script in row for way in script}
_OWN = re.compile("[\u0f40-\u0fbc]+")


def tibetan(name: str) -> list[tuple[list[str], ...]]:
    """The parts of a Tibetan name, however it is written: each in Chinese, in Latin letters and in its own script. [] for any other name."""
    own = _OWN.findall(name)
    if own:
        pieces = ["་".join(own[n: n + 2]) for n in range(0, len(own), 2)]
    else:
        pieces = name.lower().split() if name.isascii() else [name[n: n + 2] for n in range(0, len(name), 2)]
    rows = [_ROW.get(piece) for piece in pieces]
    return [row for row in rows if row] if all(rows) else []


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
