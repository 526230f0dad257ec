"""States and results of telephony, with the words that screens say. Pure."""

from __future__ import annotations

from minsheng.kit.labelled_enum import Labelled


class Direction(Labelled):
    IN = "in", "呼入"
    OUT = "out", "呼出"


class Result(Labelled):
    """What became of a call. LIVE: it still goes on. CUT: answered, then the agent's telephone fell silent and nobody came back on. GREETING: gone before it asked for a person.
    IN_TRANSFER: answered, passed on, and gone before anybody there answered."""

    ABANDONED = "abandoned", "放弃"
    ANSWERED = "answered", "人工接听"
    CALLBACK = "callback", "按键要求回拨"
    CUT = "cut", "话机断线，没有接回"
    GREETING = "greeting", "问候语中挂断"
    IN_TRANSFER = "in_transfer", "转接中离开"
    LEFT = "left", "无人接听离队"
    LIVE = "live", "进行中"
    PBX_RESTART = "pbx_restart", "话务平台重启中断"
    UNREACHED = "unreached", "未接通"
    VOICEMAIL = "voicemail", "留言"


class Presence(Labelled):
    """Of a person at the telephone. LOST: signed in, and no telephone of theirs answers the exchange."""

    LISTENING = "listening", "旁听"
    LOST = "lost", "失联"
    OUT = "out", "未签入"
    PAUSED = "paused", "小休"
    READY = "ready", "就绪"
    RINGING = "ringing", "振铃"
    TALKING = "talking", "通话中"
    WRAP_UP = "wrap_up", "话后处理"


class PauseReason(Labelled):
    BREAK = "break", "休息"
    MEAL = "meal", "用餐"
    MEETING = "meeting", "会议"
    OTHER = "other", "其他"
    TRAINING = "training", "培训"
    UNANSWERED = "unanswered", "振铃未接"
    WRITING = "writing", "补录工单"


class CallbackReason(Labelled):
    ABANDONED = "abandoned", "排队时挂断"
    IN_TRANSFER = "in_transfer", "转接中离开"
    NIGHT = "night", "夜间来电"
    PBX_RESTART = "pbx_restart", "通话被中断"
    PRESSED_1 = "pressed_1", "按键要求回拨"
    VOICEMAIL = "voicemail", "留言"


class CallbackState(Labelled):
    """WAITING: anybody may take it. LEASED: somebody has it for some minutes."""

    CALLED_AGAIN = "called_again", "已再次来电"
    DONE = "done", "已回拨"
    GIVEN_UP = "given_up", "多次未接通"
    LEASED = "leased", "回拨中"
    WAITING = "waiting", "待回拨"


class TryResult(Labelled):
    """Of one attempt to ring somebody back."""

    BUSY = "busy", "占线"
    CUT = "cut", "接通后断线"
    DROPPED = "dropped", "未拨出"
    NO_ANSWER = "no_answer", "无人接听"
    REACHED = "reached", "接通"
    WRONG = "wrong", "空号或号码有误"


class RecordingState(Labelled):
    """OPEN: being written. UNPACKED: kept, as it was recorded (not compressed)."""

    DELETED = "deleted", "到期删除"
    KEPT = "kept", "已归档"
    MISSING = "missing", "文件缺失"
    OPEN = "open", "录音中"
    REPAIRED = "repaired", "已修复归档"
    UNREADABLE = "unreadable", "无法播放"


class TranscriptState(Labelled):
    FAILED = "failed", "未能转写"
    MADE = "made", "已转写"
    WAITING = "waiting", "待转写"
