"""正式运行：网页与后台任务（密钥、数据库结构不对时拒绝启动并说明怎么办）；--replace 平滑换成本版本，不中断服务。"""

from __future__ import annotations

import os
import socket
import sys

from minsheng.cli import Stop, given, handover, migrate, options, ready, running, telephony
from minsheng.kit import outward


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("--port", type=options.port, default=os.environ.get("MINSHENG_PORT") or "8000", help="端口（默认取 MINSHENG_PORT，否则 8000）")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认只有本机，由前置的反向代理转来）")
    parser.add_argument("--workers", type=options.whole(1, 256), help="网页进程数（默认 2；更替时默认不变）")
    parser.add_argument("--no-jobs", action="store_true", help="这台机器只跑网页：几台机器共用一个数据库时，后台任务只由其中一台跑")
    telephony.add(parser, "none")
    parser.add_argument("--replace", action="store_true", help="让正在运行的民声换成本版本和现在的设置：新进程先应答，旧进程后退出，一个请求也不丢")


def require_secret() -> None:
    if os.environ.get("MINSHENG_SECRET", ready.DEFAULT_SECRET) == ready.DEFAULT_SECRET:
        make = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        raise Stop(f"没有设置密钥。请生成一个并妥善保存：\n  {make}\n再以环境变量 MINSHENG_SECRET 提供")
    if len(os.environ["MINSHENG_SECRET"]) < 32:
        raise Stop("密钥太短：MINSHENG_SECRET 至少要 32 个字符")


def require_token() -> None:
    """Who may read the figures: a word that nobody guesses, or nobody."""
    if 0 < len(os.environ.get("MINSHENG_METRICS_TOKEN", "")) < 32:
        raise Stop("监控令牌太短：MINSHENG_METRICS_TOKEN 至少要 32 个字符，或不设（那样就没有 /metrics）")


def require_surroundings(host: str) -> None:
    """Secret, token and HTTPS are safe; a name that no setting has is told."""
    require_secret()
    require_token()
    require_https(host)
    for text in given.unknown():
        print(f"提醒：{text}", file=sys.stderr, flush=True)


def require_https(host: str) -> None:
    """Log-ins and numbers travel enciphered: MINSHENG_HTTPS=1 behind a proxy that does TLS, or it is said aloud that it is a trial (=0)."""
    said = os.environ.get("MINSHENG_HTTPS", "")
    if said == "1":
        return
    if not outward.is_here(host):
        raise Stop(f"没有 HTTPS 就不能监听 {host}：密码和号码会明文经过网络。请在前面放反向代理（deploy/nginx.conf）并设 MINSHENG_HTTPS=1，"
                   "或只监听本机（--host 127.0.0.1）")
    if said != "0":
        print("提醒：没有设置 MINSHENG_HTTPS=1，Cookie 不加密传送也会带上。正式使用请在反向代理上开 HTTPS 并设 MINSHENG_HTTPS=1；只在本机试用可设 MINSHENG_HTTPS=0",
              file=sys.stderr, flush=True)


def run(args) -> int:
    chosen = telephony.choose(args, "none")
    before = handover.kept()
    if before is not None:
        return go_on(args, before)
    if args.replace:
        return take_over(args)
    require_surroundings(args.host)
    data = ready.folder(args.data)
    if (data / "clock_offset_s").exists():
        raise Stop(f"{data} 是演示用的数据目录，不能正式使用。请用 --data 指定别的目录")
    ready.require_whole(data)
    guard = ready.hold(data)
    server = ready.embedded(data)
    door = running.listen(args.host, args.port)
    try:
        if server is not None:
            server.start()
        ready.django_up()
        ready.require_schema()
        ready.require_keys()
        migrate.make_months()  # after a long stand-still the hourly job would come too late
        require_assets()
    except BaseException:
        if server is not None:
            server.stop()
        raise
    if chosen == "asterisk":
        telephony.remind(data)
    print(f"民声 12345 正在 http://{args.host}:{door.getsockname()[1]} 服务", flush=True)
    running.run(door, max(1, args.workers or 2), server, lock=guard, jobs=not args.no_jobs)
    guard.close()
    return 0


def require_assets() -> None:
    from minsheng.kit import assets

    if not assets.install(ready.ROOT):
        raise Stop("页面所用的样式与脚本没有装好；请检查网络（或 npm 的镜像设置）后重试")


def take_over(args) -> int:
    """The program that runs becomes this one."""
    require_secret()
    require_assets()
    require_token()
    handover.ask(ready.folder(args.data), args.workers and max(1, args.workers))
    print("新进程已接手。旧进程办完手里的请求后退出；数据库没有重启。")
    return 0


def go_on(args, before: handover.HandedOver) -> int:
    """This process, loaded anew: its lock, its socket, its children and its database are as they were."""
    data = ready.folder(args.data)
    guard = os.fdopen(before.lock, "a+")
    server = ready.embedded(data, (before.database, before.link)) if before.embedded else None
    running.run(socket.socket(fileno=before.door), before.workers, server, lock=guard, before=before, jobs=before.jobs)
    guard.close()
    return 0
