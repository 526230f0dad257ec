"""The type that papers are set in: the office's folder, and what comes with the packages (SIL OFL 1.1) for a machine that has none of its own.

The machine's own come first because `gbt9704.typ` names them first; these stand at the end of its lists.
"""

from __future__ import annotations

from pathlib import Path

import pylopdf_fonts_zh_cn
from django.conf import settings

TIBETAN = "node_modules/@expo-google-fonts/noto-serif-tibetan/400Regular"


def folders() -> list[str]:
    """Those that are there; without npm's there is no Tibetan, and a paper that needs it says so."""
    known = (Path(settings.DATA) / "fonts", pylopdf_fonts_zh_cn.serif_path().parent, Path(settings.ROOT) / TIBETAN)
    return [str(one) for one in known if one.is_dir()]
