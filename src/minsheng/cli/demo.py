"""演示城市：一条命令建库、装数据、开网页（数据目录里的一切都可以删掉重来）。"""

from __future__ import annotations

import importlib.util
from datetime import datetime

from minsheng.cli import Stop, options, ready, running, telephony

BEGIN = "2025-01-02T09:40:00+08:00"  # the demo city lives from here (rulings, 5)


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("--port", type=options.port, default=8000, help="端口（默认 8000）")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认只有本机）")
    telephony.add(parser, "simulator")
    parser.add_argument("--now", metavar="ISO", help=f"业务时间从何时走起（默认 {BEGIN}；之后沿用第一次的）")


def instant(text: str) -> datetime:
    from minsheng.kit import read_times

    try:
        return read_times.moment(text)
    except read_times.BadValue as wrong:
        raise Stop(f"--now {wrong}，例如 {BEGIN}") from wrong


def surroundings(data, given: str | None) -> None:
    from minsheng.kit.clock import machine_now

    first = not (data / "clock_offset_s").exists()
    now = instant(given or BEGIN) if given or first else None
    ready.demo_surroundings(data, now, machine_now().timestamp())


def city():
    """The demo city's module, None while the programme has none."""
    if importlib.util.find_spec("minsheng.cli.demo_city") is None:
        return None
    from minsheng.cli import demo_city

    return demo_city


def prepare(server) -> None:
    """Server up, schema up, city loaded."""
    if server is not None:
        print("正在启动数据库…", flush=True)
        server.start()
    ready.django_up()
    from minsheng.kit import assets, database

    if not assets.install(ready.ROOT):
        raise Stop("页面所用的样式与脚本没有装好；请检查网络（或 npm 的镜像设置）后重试")
    before = state_or_none()
    if before == "newer":
        raise Stop("这个数据目录由更新的版本用过。请换用新版本的程序，或用 --data 指定别的目录")
    if before != "ok":
        print("正在建立数据库结构…", flush=True)
        database.migrate()
    if city() is not None:
        city().load(lambda text: print(f"  {text}", flush=True))
    from django.db import connections

    connections.close_all()


def state_or_none() -> str | None:
    from django.db import DatabaseError

    from minsheng.kit import database

    try:
        return database.state("owner")
    except DatabaseError:
        return None


def greet(host: str, port: int) -> None:
    print(f"\n民声 12345 演示（业务时间从 {BEGIN[:10]} 走起）\n  群众端   http://{host}:{port}/\n  工作台   http://{host}:{port}/desk/")
    if password := getattr(city(), "PASSWORD", ""):
        print(f"  演示账号的密码都是 {password}")
        print("  演示账号不要求动态口令；想试一试，登录后在“我的账号”里设置")
    for account in getattr(city(), "ACCOUNTS", ()):
        print("  " + ("  ".join(str(part) for part in account) if isinstance(account, tuple | list) else str(account)))
    print("按 Ctrl-C 停止。", flush=True)


def run(args) -> int:
    chosen = telephony.choose(args, "simulator")
    data = ready.folder(args.data)
    ready.require_whole(data)
    guard = ready.hold(data)
    surroundings(data, args.now)
    door = running.listen(args.host, args.port)
    server = ready.embedded(data)
    try:
        prepare(server)
        end_exchange = telephony.bring_up(data) if chosen == "asterisk" else lambda: None
    except BaseException:
        if server is not None:
            server.stop()
        raise
    greet(args.host, door.getsockname()[1])
    try:
        running.run(door, 1, server)
    finally:
        end_exchange()
    guard.close()
    return 0
