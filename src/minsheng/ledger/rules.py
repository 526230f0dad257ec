"""Pure: what an entry of the ledger may be, and the bytes that its hash covers."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from enum import StrEnum


class Kind(StrEnum):
    """Acts that are not steps of a case."""

    label: str

    def __new__(cls, value: str, label: str):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    ANCHOR = "anchor", "历史锚定"
    CALENDAR = "calendar", "日历变更"
    CONFIG = "config", "配置变更"
    ERASE = "erase", "依法删除"
    EXPORT = "export", "导出"
    FLAG = "flag", "来电人标记"
    IMPORT = "import", "导入"
    KNOWLEDGE = "knowledge", "知识发布"
    LOGIN = "login", "登录"
    LOGIN_FAILED = "login_failed", "登录失败"
    LOGOUT = "logout", "退出"
    MESSAGE = "message", "消息处理"
    PERSON = "person", "账号变更"
    REVEAL = "reveal", "查看完整号码"
    ROLE = "role", "角色变更"
    TOKEN = "token", "接口令牌"
    UNIT = "unit", "机构变更"
    VIEW_RESTRICTED = "view_restricted", "查看限阅事项"

    @classmethod
    def name_of(cls, kind: str) -> str:
        return cls(kind).label if kind in cls._value2member_map_ else kind


def digest(*, id: int, at: datetime, machine_at: datetime, kind: str, by_id: int, by_name: str, about: str, reason: str,
           detail: dict, prev: bytes) -> bytes:
    """SHA-256 over the canonical form of an entry: a JSON list, keys sorted, times in UTC to the microsecond."""
    fields = [id, _utc(at), _utc(machine_at), kind, by_id, by_name, about, reason, detail, bytes(prev).hex()]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).digest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
