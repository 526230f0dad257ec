"""How the link to the exchange stands: how old, what could not be read, which clock is off. For `doctor`, the wallboard, the system page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max

from minsheng.kit import clock
from minsheng.telephony.models import Call, LedgerOffset, UnreadLine
from minsheng.telephony.rules.calls import DOUBTS
from minsheng.telephony.rules.ledger_lines import FILES

OLD = timedelta(seconds=30)  # without a sign of the reader the wallboard says so
SIGN = "read_at"  # touched by whoever reads, each second
ANSWERED, SILENT = "answered_at", timedelta(seconds=25)  # touched when the exchange has answered a question, each ten seconds
_LATELY = timedelta(days=7)
ENDLESS = timedelta(hours=2)  # a call that is open longer was lost by its exchange (rulings, 67)


@dataclass(frozen=True, slots=True)
class Link:
    """`age`: seconds since the files were last looked at; None: never. `down`: the exchange that was started here does not run. `silent`: seconds
    for which one that runs has answered nothing; None: it answers."""

    age: float | None
    simulated: bool
    down: bool = False
    silent: float | None = None

    @property
    def lost(self) -> bool:
        return self.age is None or self.age > OLD.total_seconds()

    @property
    def trouble(self) -> str:
        """What has to stand above every figure of now; "" when they are of now."""
        if self.down:
            return "话务平台停了，下面是停之前的情形"
        if self.lost:
            return "话务平台的记录" + ("还没有接上" if self.age is None else f"已 {self.age:.0f} 秒没有读到")
        return f"话务平台 {self.silent:.0f} 秒没有应答，下面可能不是现在的情形" if self.silent is not None else ""


def sign() -> Path:
    return settings.DATA / "pbx" / SIGN


def link() -> Link:
    """No statement."""
    age, real = _age(sign()), settings.TELEPHONY == "asterisk"
    heard = _age(answered()) if real else 0.0
    since = _age(sign().with_name("running.json")) if heard is None else heard
    return Link(age, settings.TELEPHONY == "simulator", real and _down(), since if since is not None and since > SILENT.total_seconds() else None)


def answered() -> Path:
    return sign().with_name(ANSWERED)


def heard(waiting: int) -> None:
    """By whoever asked it, now; so many callers wait."""
    half = answered().with_suffix(".half")
    half.write_text(str(waiting), encoding="utf-8")
    half.replace(answered())


def figures() -> Iterator[tuple[str, str, float]]:
    """(name, what it is, value) for whoever watches the machine: also while the database is away."""
    if settings.TELEPHONY == "none":
        return
    now, ages = link(), [age for file in FILES if (age := _age(settings.DATA / "pbx" / file)) is not None]
    yield "minsheng_exchange_up", "1: the telephone exchange runs and answers, and its ledger is read", float(not now.trouble)
    if ages:
        yield "minsheng_exchange_event_age_seconds", "Seconds since it last wrote into its ledger", min(ages)
    with suppress(OSError, ValueError):
        if not now.trouble:
            yield "minsheng_exchange_waiting", "Callers who wait for an agent, as it last said", float(answered().read_text(encoding="utf-8"))


def _age(file: Path) -> float | None:
    try:
        return max(0.0, clock.machine_now().timestamp() - file.stat().st_mtime)
    except OSError:
        return None


def _down() -> bool:
    from minsheng.telephony.asterisk import layout, life

    places = layout.of(settings.DATA)
    return bool(layout.known_ports(places)) and life.running(places) is None


def told() -> list[tuple[bool | None, str]]:
    """For `doctor`: nothing where there is no telephony."""
    if settings.TELEPHONY == "none" and not LedgerOffset.objects.exists():
        return []
    found: list[tuple[bool | None, str]] = [*_unread(), *_clocks(), *_doubtful(), *_endless()]
    now = link()
    if now.lost:
        found.append((False, "话务台账没有人在读：请确认后台任务在运行，数据目录下的 pbx 可读"))
    elif now.trouble:
        found.append((False, f"{now.trouble.partition('，')[0]}，没有来电能接起：请运行 ./minsheng pbx doctor"))
    return found or [(True, "话务台账逐行读入，时钟一致")]


def _unread() -> list[tuple[bool | None, str]]:
    rows = UnreadLine.objects.filter(at__gt=clock.now() - _LATELY).values("pbx", "file", "reason").annotate(n=Count("id"), last=Max("offset")).order_by("-n")
    return [(None, f"话务台账 {row['pbx']} {Path(row['file']).name} 有 {row['n']} 行读不出（{row['reason']}），原文已密封保存；最后一处在第 {row['last']} 字节")
            for row in rows[:5]]


def _clocks() -> list[tuple[bool | None, str]]:
    rows = LedgerOffset.objects.filter(closed=False).exclude(skew_s=0)
    return [(False, f"话务平台 {row.pbx} 的时钟比本机{'快' if row.skew_s > 0 else '慢'} {abs(row.skew_s)} 秒：接通率、等待时长会算错，请两边都对时（NTP）")
            for row in rows]


def _endless() -> list[tuple[bool | None, str]]:
    now = clock.now()
    lost = Call.objects.filter(ended_at=None, arrived_at__gt=now - _LATELY, arrived_at__lt=now - ENDLESS).count()
    return [(None, f"{lost} 通电话两小时还没有结束的记录，还在排队的不进接通率：请核对 queue_log、calls.csv 有没有被移走")] if lost else []


def _doubtful() -> list[tuple[bool | None, str]]:
    rows = Call.objects.filter(arrived_at__gt=clock.now() - _LATELY).exclude(doubtful="").values("doubtful", "pbx").annotate(n=Count("id"))
    return [(False, f"{row['pbx']}：{row['n']} 通电话存疑：{DOUBTS.get(row['doubtful'], row['doubtful'])}。请核对 asterisk.conf 的 systemname 和对时") for row in rows]
