"""换密钥：把诉求人、消息、暂存里密封的内容改用最新的密钥（可中断、可重复）。"""

from __future__ import annotations

import argparse

from minsheng.cli import Stop, ready

# Where sealed values lie, for counting: the first byte names the key.
COLUMNS = (("contacts_contact", "name_sealed"), ("contacts_contact", "phone_sealed"), ("outbox_message", "to_sealed"), ("cases_draft", "sealed"),
           ("accounts_secondfactor", "secret_sealed"), ("leader_days_deskcall", "sealed"),
           ("telephony_call", "number_sealed"), ("telephony_callback", "number_sealed"), ("telephony_unreadline", "text_sealed"),
           ("telephony_transcript", "words_sealed"))


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)


def in_use() -> dict[int, int]:
    """Number of a key -> how many values it seals."""
    from django.db import connection

    parts = [f"SELECT get_byte({column}, 0) AS key, count(*) AS n FROM {table} WHERE length({column}) > 0 GROUP BY 1" for table, column in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key, sum(n)::bigint FROM ({' UNION ALL '.join(parts)}) t GROUP BY key ORDER BY key")
        return dict(cursor.fetchall())


def told() -> tuple[bool, str]:
    """For doctor: which key seals, and whether every value has its key."""
    from minsheng.kit import sealing

    now, used = sealing.sealing_key(), in_use()
    lost = {key: n for key, n in used.items() if key not in sealing.known_keys()}
    if lost:
        rows = "、".join(f"第 {key} 号密钥的 {n} 条" for key, n in lost.items())
        return False, f"密封数据打不开：{rows}。请把原密钥写回 MINSHENG_SEAL_KEY（0 号是原来的 MINSHENG_SECRET 的十六进制）"
    from minsheng.contacts import queries as contacts

    if said := contacts.other_keys():
        return False, said
    old = sum(n for key, n in used.items() if key != now)
    name = "程序密钥（MINSHENG_SECRET）" if now == 0 else f"第 {now} 号密钥"
    return not old, f"诉求人信息用{name}密封" + (f"，还有 {old} 条用旧密钥：请运行 ./minsheng reseal" if old else "")


def run(args: argparse.Namespace) -> int:
    with ready.database(args.data):
        from minsheng.accounts import second_factor
        from minsheng.accounts.actions import COMMAND_LINE
        from minsheng.cases.actions import drafts
        from minsheng.contacts import actions as contacts
        from minsheng.kit import sealing
        from minsheng.leader_days.actions import desk_calls
        from minsheng.messages import actions as messages
        from minsheng.telephony.actions import sealed_rows

        try:
            done = [room.reseal(by=COMMAND_LINE) for room in (contacts, messages, drafts, second_factor, desk_calls, sealed_rows)]
        except sealing.Unreadable as wrong:
            raise Stop(f"{wrong}。请把原密钥写回 MINSHENG_SEAL_KEY 后重试") from wrong
        print(f"已改用第 {sealing.sealing_key()} 号密钥：诉求人 {done[0]} 条，消息 {done[1]} 条，暂存 {done[2]} 条，动态口令 {done[3]} 个，"
              f"席上来电 {done[4]} 个，通话 {done[5]} 条。")
        _, text = told()
        print(text)
    return 0
