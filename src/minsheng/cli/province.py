"""全省：一台数据库服务器上的几座城市，各有自己的库、登录角色、密钥、数据目录、端口和域名，互相看不见；为某一座做别的命令：./minsheng --city 名字 命令。"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pwd
import re
import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from minsheng.cli import Stop, cities, options, ready
from minsheng.kit.host import in_words

FIRST_PORT = 8001
_HOST = re.compile(r"(?=.{4,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
RESERVED = {cities.ALL, "owner", "app", "strangers", "nodes"}


def add(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="add|list|remove|gateway")
    new = deeds.add_parser("add", help="增加一座城市：建库、建两个登录角色、写好设置和密钥")
    new.add_argument("name", metavar="NAME", help="英文小写字母开头，字母和数字，20 个以内，如 lasa")
    new.add_argument("--host", required=True, metavar="HOST", help="对外的域名，各城市不同")
    new.add_argument("--port", type=options.whole(1024, 65535), help="serve 的端口（默认从 8001 起第一个没用的）")
    new.add_argument("--place", type=options.path, metavar="DIR", help="数据目录（默认 /srv/minsheng/NAME/data）")
    new.add_argument("--user", help="这座城市的系统用户，数据和设置归它（默认现在的用户）")
    new.add_argument("--connections", type=options.whole(20, 1000), default=50, help="这座城市的程序最多用几个数据库连接（默认 50）")
    deeds.add_parser("list", help="各城市在哪里、通不通，并实地试互相进不进得去")
    new.add_argument("--at", metavar="HOST[:PORT]", help="程序连数据库用的地址（默认与 --server 相同；--server 走本机套接字的写 127.0.0.1）")
    gone = deeds.add_parser("remove", help="停用一座城市：登录角色不能再登录，设置改名；数据一件不删")
    gone.add_argument("name", metavar="NAME")
    for part in (new, gone):
        part.add_argument("--server", required=True, metavar="URL", help="数据库服务器，超级用户的地址（只在这一次用，不保存）")
    door = deeds.add_parser("gateway", help="写 nginx 的设置，每座城市一个文件；证书按 NAME.crt、NAME.key 找")
    door.add_argument("folder", type=options.path, metavar="DIR", help="nginx 读的文件夹，如 /etc/nginx/conf.d")
    door.add_argument("--certificates", type=options.path, default=Path("/etc/ssl/minsheng"), metavar="DIR", help="证书所在（默认 /etc/ssl/minsheng）")


def run(args: argparse.Namespace) -> int:
    return {"add": _add, "list": _list, "remove": _remove, "gateway": _gateway}[args.deed](args)


# --- add -----------------------------------------------------------------


def _add(args: argparse.Namespace) -> int:
    from minsheng.cli import province_database as database

    place = (args.place or Path("/srv/minsheng") / args.name / "data").resolve()
    user = _user(args.user)
    with _alone():
        port = _fits(args, place)
        app, owner = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with database.connect(args.server) as link:
            database.make(link, args.server, args.name, (owner, app), args.connections)
        name, owner_role, app_role = database.names(args.name)
        url = database.address(args.server, args.at, app_role, name, app)
        if why := database.why_not(url):
            raise Stop(f"库和角色建好了，但 {app_role} 登录不了：{why}\n请在 pg_hba.conf 里让它用口令登录（scram-sha-256），或用 --at 写别的地址，再运行同一条命令")
        key = _folder(place, user, f"*:*:*:*:{owner}\n")
        settings = {"MINSHENG_CITY": args.name, "MINSHENG_SITE": args.host, "MINSHENG_PORT": str(port), "MINSHENG_DATA": str(place),
                    "DATABASE_URL": url, "MINSHENG_APP_ROLE": app_role,
                    "MINSHENG_OWNER_URL": database.address(args.server, args.at, owner_role, name, passfile=str(key)), **_own_words(args.host)}
        ready.private(cities.file_of(args.name), "".join(f"{key}={value}\n" for key, value in settings.items()))
        _own(cities.file_of(args.name), user)
    print(f"{args.name} 已建好：库 {name}，设置在 {cities.file_of(args.name)}（密钥也在里面，请另存一份），数据在 {place}，端口 {port}。接着做：\n"
          f"  ./minsheng --city {args.name} migrate\n  ./minsheng --city {args.name} city 城市文件夹\n  systemctl enable --now minsheng@{args.name}\n"
          f"  ./minsheng province gateway /etc/nginx/conf.d && nginx -s reload\n  ./minsheng province list")
    return 0


def _own_words(host: str) -> dict[str, str]:
    """Secrets and names that no other city has."""
    return {"MINSHENG_SECRET": secrets.token_urlsafe(48), "MINSHENG_SEAL_KEY": f"1:{secrets.token_hex(32)}", "MINSHENG_HASH_KEY": secrets.token_hex(32),
            "MINSHENG_PROXY_KEY": secrets.token_urlsafe(32), "MINSHENG_HTTPS": "1", "MINSHENG_HOSTS": f"{host},127.0.0.1", "MINSHENG_ORIGINS": f"https://{host}"}


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two at once wait for each other: they would take the same port."""
    place = cities.folder()
    try:
        if not place.exists():
            place.mkdir(parents=True)
            place.chmod(0o711)  # each city's user finds its own file and cannot list the others
        guard = open(place / "lock", "a")
    except OSError as wrong:
        raise Stop(f"不能写入 {place}：{in_words(wrong)}。请用 root 运行，或以 MINSHENG_CITIES 指定别的文件夹") from wrong
    with guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _fits(args: argparse.Namespace, place: Path) -> int:
    """The port. Stop when the name cannot be, or something of this city is already another's."""
    if not cities.NAME.fullmatch(args.name) or args.name in RESERVED:
        raise Stop(f"“{args.name}”不能作名字：英文小写字母开头，只有字母和数字，20 个以内，也不能是 {'、'.join(sorted(RESERVED))}")
    if not _HOST.fullmatch(args.host):
        raise Stop(f"“{args.host}”不是域名（--host），例如 12345.lasa.example.org，小写，不带 https://")
    if cities.file_of(args.name).exists():
        raise Stop(f"{args.name} 已经有了。查看：./minsheng province list")
    others = {name: cities.read(name) for name in cities.names()}
    for name, settings in others.items():
        _keep_apart(args, place, name, settings)
    if place.exists() and {file.name for file in place.iterdir()} - {"owner.pass"}:
        raise Stop(f"{place} 里已有东西。新的城市要空的数据目录（--place）；恢复备份先 province add，再 ./minsheng --city {args.name} restore")
    taken = {int(settings["MINSHENG_PORT"]) for settings in others.values()}
    return args.port or next(port for port in range(FIRST_PORT, 65536) if port not in taken)


def _keep_apart(args: argparse.Namespace, place: Path, name: str, settings: dict[str, str]) -> None:
    if settings.get("MINSHENG_SITE") == args.host:
        raise Stop(f"域名 {args.host} 是 {name} 的")
    if args.port == int(settings["MINSHENG_PORT"]):
        raise Stop(f"端口 {args.port} 是 {name} 的")
    theirs = Path(settings["MINSHENG_DATA"]).resolve()
    if place == theirs or place in theirs.parents or theirs in place.parents:
        raise Stop(f"数据目录 {place} 与 {name} 的 {theirs} 重叠")


def _user(name: str | None) -> pwd.struct_passwd | None:
    if name is None:
        return None
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise Stop(f"本机没有用户 {name}（--user）。请先：adduser --system --group --home /srv/minsheng/… {name}") from None
    if os.geteuid() not in (0, user.pw_uid):
        raise Stop("把数据归到别的用户要用 root 运行（--user）")
    return user


def _folder(place: Path, user: pwd.struct_passwd | None, words: str) -> Path:
    """Of that user alone; with the owner's password in it, where web and worker cannot look (kit.embedded_access): its file."""
    key = place / "owner.pass"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
        ready.private(key, words)
    except OSError as wrong:
        raise Stop(f"不能建立数据目录 {place}：{in_words(wrong)}。请用 root 运行，或用 --place 指定别的") from wrong
    _own(key, user)
    _own(place, user)
    return key


def _own(path: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        shutil.chown(path, user.pw_uid, user.pw_gid)


# --- list, remove, gateway ---------------------------------------------------


def _list(args: argparse.Namespace) -> int:
    """0: all databases answer and nobody sees another's."""
    from minsheng.cli import province_database as database

    known = {name: cities.read(name) for name in cities.names()}
    if not known:
        print(f"{cities.folder()} 里还没有城市。增加：./minsheng province add")
        return 0
    wrong = list(_shared(known))
    for name, settings in known.items():
        why = database.why_not(settings["DATABASE_URL"])
        wrong += [f"{name} 的数据库连不上：{why}"] if why else []
        print(f"{name:<20} https://{settings['MINSHENG_SITE']}  端口 {settings['MINSHENG_PORT']}  {_serves(settings['MINSHENG_PORT'])}  {settings['MINSHENG_DATA']}")
    wrong += database.seen({name: settings["DATABASE_URL"] for name, settings in known.items()})
    print("\n".join(f"  要处理  {sentence}" for sentence in wrong) or f"  好      {len(known)} 座城市互相进不去（每一对都试过），密钥、数据目录、端口、域名各不相同")
    return 1 if wrong else 0


_OPTIONAL = ("MINSHENG_ANCHORS_FOLDER", "MINSHENG_ARCHIVE", "MINSHENG_METRICS_TOKEN")  # of its own, where it has one


def _shared(known: dict[str, dict[str, str]]) -> Iterator[str]:
    """What two cities have alike and must not: a copied file of settings."""
    for key in ("MINSHENG_SECRET", "MINSHENG_SEAL_KEY", "MINSHENG_HASH_KEY", "MINSHENG_PROXY_KEY", "MINSHENG_DATA", "MINSHENG_SITE", "MINSHENG_PORT", "DATABASE_URL", *_OPTIONAL):
        by_value: dict[str, list[str]] = {}
        for name, settings in known.items():
            by_value.setdefault(settings.get(key, ""), []).append(name)
        yield from (f"{'、'.join(names)} 的 {key} {'相同' if value else '没有设置'}" for value, names in by_value.items()
                    if (len(names) > 1 or not value) and (value or key not in _OPTIONAL))


def _serves(port: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{int(port)}/healthz", timeout=3):
            return "在服务"
    except urllib.error.HTTPError:
        return "不正常"
    except (OSError, ValueError):
        return "没在服务"


def _remove(args: argparse.Namespace) -> int:
    from minsheng.cli import province_database as database

    with _alone():
        cities.read(args.name)
        with database.connect(args.server) as link:
            database.shut(link, args.name)
        file = cities.file_of(args.name)
        kept = file.with_name(file.name + ".removed")
        if kept.exists():
            raise Stop(f"{kept} 已经在了：先把它移走")
        file.rename(kept)
    name, owner, app = database.names(args.name)
    print(f"{args.name} 已停用，数据一件没动。设置和密钥在 {kept}。再写一次网关：./minsheng province gateway。\n"
          f"要接着用：ALTER ROLE {owner} LOGIN; ALTER ROLE {app} LOGIN; 并把 {kept.name} 改回 {file.name}。\n"
          f"要彻底删除：先备份，再 DROP DATABASE {name}; DROP ROLE {app}, {owner}; 并删除数据目录和设置。")
    return 0


def _gateway(args: argparse.Namespace) -> int:
    from minsheng.cli import gateway

    if not args.folder.is_dir():
        raise Stop(f"没有文件夹 {args.folder}")
    served, left_out = gateway.write(args.folder.resolve(), args.certificates.resolve())
    print(f"写好了 {len(served)} 座城市：{'、'.join(served)}。检查并生效：nginx -t && nginx -s reload" if served else "没有一座城市可以放进去")
    for sentence in left_out:
        print(f"  要处理  {sentence}")
    return 1 if left_out else 0
