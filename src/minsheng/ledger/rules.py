"""Pure: what an entry of the ledger may be, and the bytes that its hash covers."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from minsheng.kit.labelled_enum import Labelled


class Kind(Labelled):
    """Acts that are not steps of a case."""

    ALARM = "alarm", "异常提醒"
    ANCHOR = "anchor", "历史锚定"
    ARCHIVE = "archive", "归档"
    ARCHIVE_ASKED = "archive_asked", "查询归档"
    CALENDAR = "calendar", "工作日历变更"
    CATALOGUE = "catalogue", "派单目录变更"
    DANGER_WORDS = "danger_words", "危险词变更"
    DATASET = "dataset", "发布开放数据"
    DAY_TREE = "day_tree", "公布每日结果"
    ERASE = "erase", "依法删除"
    EXPORT = "export", "导出"
    FLAG = "flag", "来电人标记"
    HEARD = "heard", "收听录音"
    IMPORT = "import", "导入"
    KNOWLEDGE = "knowledge", "知识发布与撤下"
    LADDER = "ladder", "督办阶梯变更"
    LISTEN = "listen", "旁听、接管通话"
    RECORDING = "recording", "暂停、停止录音"
    POLICE_AGAIN = "police_again", "重发给110的告知"
    RELAY = "relay", "经中心拨打诉求人"
    LIMIT_SET = "limit_set", "时限变更"
    LOG_IN = "log_in", "登录"
    LOG_IN_FAILED = "log_in_failed", "登录失败"
    LOG_OUT = "log_out", "退出"
    MATTER = "matter", "分类与要素模板变更"
    MESSAGE_AGAIN = "message_again", "重发消息"
    PASSWORD_SET = "password_set", "设置密码"
    PERSON_CHANGED = "person_changed", "账号变更"
    PERSON_CREATED = "person_created", "开立账号"
    PERSON_LEFT = "person_left", "离岗"
    PERSON_LOCKED = "person_locked", "锁定账号"
    PERSON_RETURNED = "person_returned", "返岗"
    PERSON_UNLOCKED = "person_unlocked", "解除锁定"
    REPORT_SETTING = "report_setting", "报告的按时拟出和模板"
    RECOVERY_USED = "recovery_used", "用备用码登录"
    RECOMPUTED = "recomputed", "时限重算"
    REVEAL = "reveal", "查看完整号码"
    REVEAL_ALLOWED = "reveal_allowed", "放行查看号码"
    REVEAL_BUDGET = "reveal_budget", "号码额度变更"
    ROLE_ASKED = "role_asked", "申请角色"
    ROLE_ASK_ENDED = "role_ask_ended", "撤回角色申请"
    ROLE_GRANTED = "role_granted", "授予角色"
    ROLE_REFUSED = "role_refused", "不同意授予角色"
    ROLE_REVOKED = "role_revoked", "收回角色"
    SECOND_ENDED = "second_ended", "停用动态口令"
    SECOND_SET = "second_set", "设置动态口令"
    SESSIONS_ENDED = "sessions_ended", "退出其他登录"
    TOKEN_MADE = "token_made", "建立密钥"
    TOKEN_REVOKED = "token_revoked", "停用密钥"
    UNIT_CHANGED = "unit_changed", "机构变更"

    @classmethod
    def name_of(cls, kind: str) -> str:
        return cls(kind).label if kind in cls._value2member_map_ else kind


# What an alarm says to whoever reads it, and what to do.
ALARMS = {
    "logins": "全市登录失败异常增多，可能有人在试密码。请看台账中“登录失败”的地址，在反向代理上封掉来源；账号被试中的请重置密码",
    "codes": "查询码输错异常增多，可能有人在逐个试查询码。请看反向代理的访问日志，封掉来源网段",
    "reveals": "查看完整号码超过额度，请核实用途",
    "searches": "按来电号码查找超过额度，可能有人在逐个试遮盖的号码，请核实用途",
    "recordings": "录音不能归档，原文件还在话务平台的目录里。请看磁盘空间和目录权限，运行 ./minsheng doctor 查明",
}


def digest(*, id: int, at: datetime, machine_at: datetime, kind: str, by_id: int, by_name: str, about: str, reason: str,
           detail: dict, prev: bytes) -> bytes:
    """SHA-256 over the canonical form of an entry: a JSON list, keys sorted, times in UTC to the microsecond."""
    fields = [id, _utc(at), _utc(machine_at), kind, by_id, by_name, about, reason, detail, bytes(prev).hex()]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).digest()


def digest_of_words(salt: bytes, words: str) -> str:
    """What the chain keeps of words that may be erased: a salted digest, hex."""
    return hashlib.sha256(bytes(salt) + words.encode()).hexdigest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
