"""A sentence with values in it that can still be said in another language."""

from __future__ import annotations


def mark(text: str) -> str:
    """The same text; `./minsheng words` puts it into the catalogues. For pure rules, which know no settings."""
    return text


class Said(str):
    """Reads as its Chinese text; remembers template and values, so that a screen may translate the template and fill it again.

    >>> Said("请等 {wait}后再试", wait=Said("{n} 秒", n=30))
    '请等 30 秒后再试'
    """

    template: str
    values: dict

    def __new__(cls, template: str, **values):
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def __getnewargs_ex__(self):
        return (self.template,), self.values
