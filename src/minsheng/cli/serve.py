"""正式运行：网页与后台任务（密钥、数据库结构不对时拒绝启动并说明怎么办）。"""

from __future__ import annotations

import os

from minsheng.cli import Stop, migrate, ready, running


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("--port", type=int, default=8000, help="端口（默认 8000）")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认只有本机，由前置的反向代理转来）")
    parser.add_argument("--workers", type=int, default=2, help="网页进程数（默认 2）")


def require_secret() -> None:
    if os.environ.get("MINSHENG_SECRET", ready.DEFAULT_SECRET) == ready.DEFAULT_SECRET:
        make = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        raise Stop(f"没有设置密钥。请生成一个并妥善保存：\n  {make}\n再以环境变量 MINSHENG_SECRET 提供")
    if len(os.environ["MINSHENG_SECRET"]) < 32:
        raise Stop("密钥太短：MINSHENG_SECRET 至少要 32 个字符")


def run(args) -> int:
    require_secret()
    data = ready.folder(args.data)
    if (data / "clock_offset_s").exists():
        raise Stop(f"{data} 是演示用的数据目录，不能正式使用。请用 --data 指定别的目录")
    guard = ready.hold(data)
    server = ready.embedded(data)
    door = running.listen(args.host, args.port)
    try:
        if server is not None:
            server.start()
        ready.django_up()
        ready.require_schema()
        migrate.make_months()  # after a long stand-still the hourly job would come too late
        from minsheng.kit import assets

        if not assets.install(ready.ROOT):
            raise Stop("页面所用的样式与脚本没有装好；请检查网络（或 npm 的镜像设置）后重试")
    except BaseException:
        if server is not None:
            server.stop()
        raise
    print(f"民声 12345 正在 http://{args.host}:{door.getsockname()[1]} 服务", flush=True)
    running.run(door, max(1, args.workers), server)
    guard.close()
    return 0
