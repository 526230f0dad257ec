"""What callers hear: the list of sentences, whether each is there as the exchange can play it, stand-ins until somebody records them.

A stand-in is espeak-ng's voice where the machine has it and it knows the language (Tibetan it does not), else a tone. It is kept in mind
which files are stand-ins, so that nobody takes them for recordings.
"""

from __future__ import annotations

import array
import hashlib
import io
import json
import math
import shutil
import subprocess
import sys
import tomllib
import wave
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
RATE = 8000
VOICES = {"zh": "cmn", "en": "en"}
MARK = "stand-ins.json"


def texts() -> dict[str, dict[str, str]]:
    """Name -> language -> the sentence."""
    return tomllib.loads((HERE / "prompts.toml").read_text(encoding="utf-8"))


def files() -> list[tuple[str, str, str]]:
    """(name, language, sentence), in the order of the list."""
    return [(name, language, said) for name, by_language in texts().items() for language, said in by_language.items()]


def problem(file: Path) -> str:
    """Why the exchange would not play this file well; "" when it would."""
    if not file.exists():
        return "没有这个文件"
    try:
        with wave.open(str(file)) as sound:
            shape = (sound.getnchannels(), sound.getframerate(), sound.getsampwidth())
            seconds = sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, OSError, ZeroDivisionError) as wrong:
        return f"不是能播放的 WAV（{str(wrong) or '文件不完整'}）"
    if shape != (1, RATE, 2):
        return f"是 {shape[0]} 声道、{shape[1]} Hz、{shape[2] * 8} 位；请转成单声道、8000 Hz、16 位"
    return "" if seconds >= 0.3 else f"只有 {seconds:.1f} 秒"


def problems(sounds: Path) -> list[str]:
    """A line for each prompt that is missing or of the wrong kind."""
    found = []
    for name, language, _ in files():
        if why := problem(sounds / language / f"{name}.wav"):
            found.append(f"{language}/{name}.wav {why}")
    return found


def stand_ins(sounds: Path) -> list[str]:
    """Prompts that nobody has recorded yet: what lies there is still what was made here."""
    made = _made(sounds)
    return [f"{language}/{name}.wav" for name, language, _ in files()
            if made.get(f"{language}/{name}.wav") == _digest(sounds / language / f"{name}.wav")]


def _made(sounds: Path) -> dict[str, str]:
    try:
        return json.loads((sounds / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""


def stand_in(sounds: Path, say: Callable[[str], None] | None = None, voice: bool = True) -> int:
    """Makes what is not there; a recording is never touched. How many were made."""
    made, count = _made(sounds), 0
    speaker = shutil.which("espeak-ng") if voice else None
    for number, (name, language, said) in enumerate(files()):
        file = sounds / language / f"{name}.wav"
        if file.exists():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        spoken = _spoken(speaker, VOICES[language], said) if speaker and language in VOICES else b""
        file.write_bytes(spoken or tone(300 + 20 * number, 0.6))
        made[f"{language}/{name}.wav"] = _digest(file)
        count += 1
    for place, sound in (("hold/hold.wav", tone(440, 1.0, silence=4.0)), ("signals/beep.wav", tone(1000, 0.3))):
        if not any((sounds / place).parent.glob("*.wav")):
            (sounds / place).parent.mkdir(parents=True, exist_ok=True)
            (sounds / place).write_bytes(sound)
    if count:
        (sounds / MARK).write_text(json.dumps(made), encoding="utf-8")
        if say:
            say(f"{count} 条提示音还没有录音，先用{'合成语音和' if speaker else ''}提示音代替（./minsheng pbx prompts）")
    return count


def tone(pitch: float, seconds: float, silence: float = 0.0) -> bytes:
    steps = int(RATE * seconds)
    rise = RATE // 50
    loud = (min(1.0, n / rise, (steps - n) / rise) for n in range(steps))
    samples = array.array("h", [int(6000 * loudness * math.sin(2 * math.pi * pitch * n / RATE)) for n, loudness in enumerate(loud)])
    return wav(samples + array.array("h", bytes(2 * int(RATE * silence))))


def wav(samples: array.array) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())
    return written.getvalue()


def _spoken(speaker: str, voice: str, text: str) -> bytes:
    """b"" when it cannot be said."""
    done = subprocess.run([speaker, "-v", voice, "-s", "150", "--stdout", text], capture_output=True, check=False)
    samples = array.array("h")
    try:
        with wave.open(io.BytesIO(done.stdout)) as sound:
            rate, raw = sound.getframerate(), sound.readframes(1 << 24)
    except (wave.Error, EOFError):
        return b""
    samples.frombytes(raw[: len(raw) // 2 * 2])
    return wav(slower(samples, rate)) if len(samples) > rate // 3 else b""


def slower(samples: array.array, rate: int) -> array.array:
    """The same sound at 8000 Hz: each new sample the mean of those that it stands for."""
    step = rate / RATE
    cuts = [int(n * step) for n in range(int(len(samples) / step) + 1)]
    return array.array("h", [sum(samples[a:b]) // max(1, b - a) for a, b in zip(cuts, cuts[1:], strict=False)])
