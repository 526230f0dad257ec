"""The nginx in front of a province: for each city what deploy/nginx.conf says of one, under names of its own, and a door that is shut to all others."""

from __future__ import annotations

from pathlib import Path

from minsheng.cli import cities, ready

TEMPLATE = ready.ROOT / "deploy" / "nginx.conf"
STRANGERS = "minsheng-strangers.conf"
# Who asks for no city of ours (another host name, the bare address) gets none: without this nginx would show him the first.
_SHUT = """server {
    listen 443 ssl default_server;
    ssl_reject_handshake on;
    return 444;
}
server {
    listen 80 default_server;
    return 444;
}
"""


def site(city: str, settings: dict[str, str], folder: Path, certificates: Path) -> str:
    """The file of one city. Its rates, its connections and its sessions of TLS are counted apart from the others'."""
    text = TEMPLATE.read_text(encoding="utf-8")
    own = f"minsheng_{city}"
    for given, ours in (("zone=minsheng:", f"zone={own}:"), ("zone=minsheng ", f"zone={own} "), ("minsheng_links", f"{own}_links"), ("minsheng_nodes", f"{own}_nodes"),
                        ("minsheng_tls", f"{own}_tls"), ("upstream minsheng ", f"upstream {own} "), ("http://minsheng;", f"http://{own};"),
                        ("12345.example.org", settings["MINSHENG_SITE"]), ("/etc/ssl/minsheng.crt", str(certificates / f"{city}.crt")),
                        ("/etc/ssl/minsheng.key", str(certificates / f"{city}.key")), ("CHANGE-ME", settings["MINSHENG_PROXY_KEY"]),
                        ("/etc/nginx/minsheng-nodes.conf", str(folder / f"{city}.nodes"))):
        assert given in text, given
        text = text.replace(given, ours)
    return f"# 由 ./minsheng province gateway 写成：改 deploy/nginx.conf 后重写，不要改这里\n{text}"


def write(folder: Path, certificates: Path) -> tuple[list[str], list[str]]:
    """(the cities that are served, sentences on those that are not). A city without its certificate is left out: with it nginx would serve none."""
    served, left_out, wanted = [], [], {STRANGERS: _SHUT}
    for city in cities.names():
        settings = cities.read(city)
        lacking = [str(file) for file in (certificates / f"{city}.crt", certificates / f"{city}.key") if not file.is_file()]
        if lacking:
            left_out.append(f"{city} 没有放进去：缺 {'、'.join(lacking)}")
            continue
        wanted[f"minsheng-{city}.conf"] = site(city, settings, folder, certificates)
        if not (folder / f"{city}.nodes").exists():  # deploy/rolling writes it from then on
            ready.private(folder / f"{city}.nodes", f"server 127.0.0.1:{settings['MINSHENG_PORT']} max_fails=1 fail_timeout=5s;\n")
        served.append(city)
    for name, text in wanted.items():
        ready.private(folder / name, text)
    for old in folder.glob("minsheng-*.conf"):
        if old.name not in wanted:
            old.unlink()
    return served, left_out
