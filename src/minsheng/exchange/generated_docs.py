"""docs/exchange.md: read from the table of columns and the vocabularies. Pure."""

from __future__ import annotations

from minsheng.exchange import rules

_HEAD = """# 导入与导出

本页由 `src/minsheng/exchange` 生成（`./minsheng docs`）。对照表的例子见 [examples/maps](examples/maps/)。

```
./minsheng import FILE.csv|.xlsx [--map map.yaml] [--source NAME] [--sheet NAME] [--files DIR] [--bad FILE] [--by USER] [--dry-run]
./minsheng export --out FILE.csv|.xlsx [--from D --to D] [--state CODE,…] [--by USER] [--full --by USER --reason TEXT]
```

## 导入

- 退出码：0 各行都已导入；1 有的行没有导入（其余的已导入），或文件、对照表读不了；2 用法不对。
- CSV：UTF-8（有无 BOM 均可）、GB18030（GBK）、UTF-16；以逗号、制表符或分号分隔。读的是哪一种，完成时会写明。
- XLSX：读第一张显示着且有内容的工作表，另有哪些没有读会写明，要读别的用 `--sheet`。日期单元格、数字单元格照读；向下合并的单元格对合并的各行都算数；空行跳过；
  列名上方可以有标题行（前 10 行内找列名）。
- 每 500 行为一批，写完才算数。中断（包括断电）后再运行同一命令，从最后一批之后续传；已经有的行不会再来一次。
- 同一来源、同一外部编号只导入一次。再来的行与现有内容相同的计入“已有”，不同的列入未导入并写明哪几列不同；历史不能改写。
- 没有导入的行写入报告（默认在数据目录的 imports 文件夹，只有本人能读），含行号、列、原因和原行；在报告里改正后可以直接导入这个报告。
- `--dry-run` 只检查，什么也不写入。
- 未办结的工单带着状态、时限、主办、协办和附件进来，各单位接着办下一步。来源给了办理时限的以它为准，页上写明“来源系统给定的时限”。
- 已办结的历史不再回访，佐证写明“未记录”；来源没有记录的签收和联系不算超时，也不算按时。
- 没有受理时间的行，可由对照表的 `defaults` 给一个推定时间。这样的工单标明“时间不明”，不计入按日期的统计，另计“时间不明量”。
  办结而没有办结时间的，以答复时间为准；连答复时间也没有的，同样算时间不明。
- 时间没有时区的，按对照表的 `zone`，没有 `zone` 的按本市时间；早于 2000 年或晚于现在的不能导入。

## 导出

- 不加 `--full` 时遮盖姓名、电话、证件、门牌等个人信息，限制知悉的工单不在其中。遮盖过的文件不宜再导入。
- `--full` 须由有权的人（`--by`）写明用途（`--reason`），记入台账。程序的接口密钥和幂等键从不导出。
- 时间写到微秒并带时区；以 `=`、`+`、`-`、`@` 开头的内容前加一撇，表格软件不会把它当公式执行，导入时去掉。XLSX 各格都是文字，以免被四舍五入。
- 导出的文件原样导入，内容不变：在本系统计入“已有”，在别的系统成为同样的工单。

## 列

| 代码 | 名称 | 说明 |
| --- | --- | --- |
"""
_TITLES = {"channel": "渠道", "type": "类型", "state": "状态", "requester_kind": "诉求人类型", "satisfaction": "满意度", "bool": "是否（回访接通、是否解决）"}


def page() -> str:
    out = [_HEAD + "\n".join(f"| `{c.code}` | {c.name} | {c.help or '—'} |" for c in rules.COLUMNS)]
    for kind, words in rules.VOCABULARY.items():
        out += ["", f"## 用词：{_TITLES[kind]}", "", "| 含义 | 可写作 |", "| --- | --- |"]
        by_code: dict[object, list[str]] = {}
        for word, code in words.items():
            by_code.setdefault(code, []).append(word)
        out += [f"| {rules.label(kind, code)} | {'、'.join(by_code[code])} |" for code in by_code]
    return "\n".join([*out, ""])
