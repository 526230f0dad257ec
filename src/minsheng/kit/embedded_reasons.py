"""Why the embedded server does not start: what it wrote, as a sentence that says what to do."""

from __future__ import annotations

import re
import shutil

_REASONS = (
    (r"No space left on device|Disk quota exceeded", "磁盘已满，数据库起不来。请在 {data} 所在的磁盘上腾出空间（至少 300 MB）后再启动"),
    (r"Read-only file system", "{data} 所在的磁盘是只读的，数据库起不来。请重新挂成可写（先看 dmesg）"),
    (r"wrong ownership|Permission denied|could not access the server configuration file",
     "数据库文件夹 {folder} 的属主或权限不对（可能被复制或改过）。请执行：chown -R {user} {folder} && chmod 700 {folder}"),
    (r"has invalid permissions", "数据库文件夹 {folder} 的权限太宽。请执行：chmod 700 {folder}"),
    (r"incompatible with server", "{folder} 是另一个大版本的 PostgreSQL 建的。请用原来的版本 ./minsheng backup，再用本版本 ./minsheng restore 到新目录"),
    (r"Cannot allocate memory|could not map anonymous shared memory", "内存不够，数据库起不来。请关掉别的程序，或加内存"),
    (r"could not locate a valid checkpoint record|invalid checkpoint record|PANIC:", "数据库文件损坏，起不来。请用最近的备份恢复到新目录：./minsheng restore …；详情见 {log}"),
    (r"invalid value for parameter|unrecognized configuration parameter", "数据库设置有误，起不来：{line}"),
)
_PASSES = r"pre-existing shared memory block|lock file .* already exists|is another postmaster"  # what was killed is still ending
_LEAST_MB = 16


def of(said: str, server) -> str:
    """`server`: whose `data`, `folder`, `log` and `uid` are named. "" when it said nothing that we know, or what passes by itself."""
    if re.search(_PASSES, said):
        return ""
    user = server.uid if server.uid is not None else "$(id -u)"
    for pattern, words in _REASONS:
        if found := re.search(rf"^.*(?:{pattern}).*$", said, re.M):
            return words.format(data=server.data, folder=server.folder, log=server.log, user=user, line=found.group(0)[-200:])
    if shutil.disk_usage(server.data).free >> 20 < _LEAST_MB:  # it could not even write why
        return _REASONS[0][1].format(data=server.data)
    return ""
