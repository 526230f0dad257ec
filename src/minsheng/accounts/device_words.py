"""What a browser calls itself (User-Agent), in words that its user knows: “手机上的 Chrome（Android）”. Pure."""

from __future__ import annotations

import re

# The first that fits: most browsers name the others, too.
_BROWSERS = (("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("EdgA?/|EdgiOS/", "Edge"), ("360SE|360EE|QIHU", "360 浏览器"), ("QQBrowser", "QQ 浏览器"),
             ("HuaweiBrowser", "华为浏览器"), ("MiuiBrowser", "小米浏览器"), ("UCBrowser", "UC 浏览器"), ("Firefox/|FxiOS/", "Firefox"), ("OPR/", "Opera"),
             ("Chrom(e|ium)/|CriOS/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("HarmonyOS", "鸿蒙"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X|Macintosh", "Mac"),
            ("UOS", "统信"), ("Kylin", "麒麟"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))


def of(agent: str) -> str:
    """What is neither browser nor system that anybody knows is shown as it is, cut."""
    browser, system = (_first(known, agent) for known in (_BROWSERS, _SYSTEMS))
    if browser and system:
        return f"{system} 上的 {browser}"
    return browser or system or agent[:60] or "不明设备"


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, agent)), "")
