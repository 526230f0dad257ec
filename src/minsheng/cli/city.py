"""把一座城市的数据文件夹装入数据库：机构、值班、分类与要素、派单目录、专用时限（可重复执行）。"""

from __future__ import annotations

from pathlib import Path

from minsheng.cli import Stop, options, ready


def add(parser) -> None:
    ready.add_data(parser)
    parser.add_argument("folder", type=options.path, help="文件夹，写法见 demo/README.md；先复制 demo，再改成自己的城市")
    parser.add_argument("--check", action="store_true", help="只核对各文件互相对得上，不写入")


def run(args) -> int:
    root = args.folder.resolve()
    if not root.is_dir():
        raise Stop(f"没有文件夹 {args.folder}")
    with ready.database(args.data):
        from minsheng.cli import city_files, city_folder

        wrong = city_files.problems(root)
        if wrong:
            raise Stop("文件之间对不上，没有写入：\n  " + "\n  ".join(wrong[:30]))
        if args.check:
            print("各文件对得上。")
            return 0
        _same_calendar(root)
        print("\n".join(city_folder.put_in(root).lines()))
    return 0


def _same_calendar(root: Path) -> None:
    """A city's cases would get wrong dates under another calendar."""
    from django.conf import settings

    from minsheng.cli import city_files

    wanted = city_files.read(root, "city").get("calendar", "") if (root / "city.yaml").exists() else ""
    if wanted and wanted != settings.CALENDAR:
        raise Stop(f"文件夹的工作日历是 {wanted}，本机设的是 {settings.CALENDAR}。请设环境变量 MINSHENG_CALENDAR={wanted} 后重试，serve 也要用同一个值")
