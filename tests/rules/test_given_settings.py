"""What the environment sets is read before any command: what cannot be taken is a sentence, and blank is not set."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minsheng.cli import Stop, cities, given, handover

SOURCE = Path(__file__).resolve().parents[2] / "src" / "minsheng"
BAD = (
    ("MINSHENG_LOG_MB", "lots"), ("MINSHENG_LOG_MB", "-1"), ("MINSHENG_SLOW_MS", "0.5"), ("MINSHENG_SECOND_FACTOR", "on"),
    ("MINSHENG_SECOND_FACTOR_GRACE_DAYS", "two weeks"), ("MINSHENG_HTTPS", "true"), ("MINSHENG_HTTPS", "1\r"), ("MINSHENG_POOLER", "yes"),
    ("MINSHENG_ZONE", "Asia/Lhasa"), ("MINSHENG_ZONE", "../etc/passwd"), ("MINSHENG_ZONE", "Asia"), ("MINSHENG_CALENDAR", "tibet"),
    ("MINSHENG_TELEPHONY", "Asterisk"), ("DATABASE_URL", "10.0.0.5/minsheng"), ("DATABASE_READ_URL", "postgresql://a/m,10.0.0.6/m b"),
    ("DATABASE_READ_LAG", "ten"), ("MINSHENG_DRAIN_S", "-5"), ("MINSHENG_DRAIN_S", "nan"), ("MINSHENG_PORT", "80 80"), ("MINSHENG_SMTP_PORT", "smtp"),
    ("MINSHENG_HOSTS", "https://12345.example.org"), ("MINSHENG_HOSTS", "12345.example.org:443"), ("MINSHENG_HOSTS", "a.example.org,,b.example.org"),
    ("MINSHENG_ORIGINS", "12345.example.org"), ("MINSHENG_ORIGINS", "https://12345.example.org/"), ("MINSHENG_SPARK_MEMORY", "1 GB"),
    ("MINSHENG_SEAL_KEY", "abc"), ("MINSHENG_SEAL_KEY", "1:" + "zz" * 32), ("MINSHENG_SEAL_KEY", f"1:{'ab' * 32},1:{'cd' * 32}"),
    ("MINSHENG_SEAL_KEY", "1:" + "ab" * 31), ("MINSHENG_SEAL_KEY", "256:" + "ab" * 32), ("MINSHENG_HASH_KEY", "short"), ("MINSHENG_HASH_KEY", "abc"),
    ("MINSHENG_SMS_URL", "sms.example.org/send"), ("MINSHENG_SPEECH_URL", "http://"), ("MINSHENG_RECORDING_DAYS", "forever"), ("MINSHENG_110_URL", "http://[::1"),
)


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BAD)])
def test_a_setting_that_cannot_be_taken_is_one_sentence_with_its_name(name, value):
    said = given.wrong({name: value})
    assert len(said) == 1 and said[0].startswith(f"{name} ") and re.search("[\u4e00-\u9fff]", said[0])
    if "KEY" in name:
        assert value not in said[0], "a key is not repeated"


def test_settings_as_the_manual_writes_them_are_taken():
    well = {"MINSHENG_HOSTS": "12345.example.org, [::1],localhost", "MINSHENG_ORIGINS": "https://12345.example.org:8443,http://localhost", "MINSHENG_HTTPS": "0",
            "MINSHENG_ZONE": "America/New_York", "DATABASE_READ_URL": "postgresql://a@h1/m  postgresql://a@h2/m?sslmode=require", "DATABASE_READ_LAG": "2.5",
            "DATABASE_URL": "postgresql://a:p@10.0.0.21:5432,10.0.0.22:5432/minsheng?target_session_attrs=read-write",
            "MINSHENG_SEAL_KEY": f"0:{'ab' * 48},1:{'cd' * 32}", "MINSHENG_HASH_KEY": "ef" * 32, "MINSHENG_SPARK_MEMORY": "512m"}
    assert given.wrong(well) == []


def test_blank_is_not_set():
    environ = {"MINSHENG_SLOW_MS": "", "MINSHENG_HOSTS": " ", "DATABASE_URL": "", "MINSHENG_SECRET": "kept  ", "PATH": ""}
    given.tidy(environ)
    assert environ == {"MINSHENG_SECRET": "kept  ", "PATH": ""}


def test_a_mistyped_name_is_told_with_the_one_that_was_meant():
    assert given.unknown({"MINSHENG_SEALKEY": "x", "MINSHENG_HTTPS": "1", "PATH": ""}) == ["没有 MINSHENG_SEALKEY 这个设置，写了不起作用。是不是 MINSHENG_SEAL_KEY？"]


def test_every_setting_that_the_program_reads_has_a_reader():
    code = "".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    read = set(re.findall(r"\"((?:MINSHENG|DATABASE)_[A-Z0-9_]+[A-Z])\"", code))
    assert len(read) > 40 and read - set(given.READERS) == set()


def _told(*words: str, **environ: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(given.OURS)}
    return subprocess.run([sys.executable, "-m", "minsheng.cli", *words], env={**clean, "PYTHONPATH": str(SOURCE.parent), **environ},
                          capture_output=True, text=True, check=False, timeout=120)


def test_a_command_names_all_that_is_wrong_and_begins_nothing(tmp_path):
    found = _told("doctor", "--data", str(tmp_path / "data"), MINSHENG_LOG_MB="lots", MINSHENG_SECOND_FACTOR="on")
    assert found.returncode == 1 and not (tmp_path / "data").exists()
    assert "MINSHENG_LOG_MB 应为" in found.stderr and "MINSHENG_SECOND_FACTOR 应为" in found.stderr and "Traceback" not in found.stderr


def test_the_settings_of_the_service_are_taken_from_its_file_in_place_of_the_shells(tmp_path, monkeypatch):
    file = tmp_path / "minsheng.env"
    file.write_text(f"# ours\nMINSHENG_DATA={tmp_path}\nDATABASE_READ_URL=postgresql://a/m postgresql://b/m\nMINSHENG_ZONE=\"Asia/Urumqi\"\n", encoding="utf-8")
    file.chmod(0o640)
    monkeypatch.setattr(os, "environ", {"PATH": "p", "MINSHENG_SECRET": "another hotline's", "DATABASE_URL": "postgresql:///other"})
    monkeypatch.setattr(cities, "_become_owner_of", lambda data: None)
    cities.enter_file(str(file))
    assert os.environ == {"PATH": "p", "MINSHENG_DATA": str(tmp_path), "DATABASE_READ_URL": "postgresql://a/m postgresql://b/m", "MINSHENG_ZONE": "Asia/Urumqi"}


def test_a_line_taken_out_of_the_settings_is_out_after_a_replacement():
    mine = {"HOME": "h", "MINSHENG_SMS_URL": "https://old", "MINSHENG_DATA": "/d", "DATABASE_READ_URL": "postgresql://gone", "MINSHENG_SECRET": "s"}
    asked = {"MINSHENG_SECRET": "s", "MINSHENG_DATA": "/link-to-d", "PATH": "p"}
    assert handover.settings(mine, asked) == {"HOME": "h", "MINSHENG_SECRET": "s", "MINSHENG_DATA": "/d", "PATH": "p"}


@pytest.mark.parametrize(("mode", "text", "said"), [(0o604, b"A=1", "谁都读得到"), (0o600, b"export A=1", "第 1 行"), (0o600, b"A=\xff", "UTF-8")], ids=["open", "shell", "bytes"])
def test_a_file_of_settings_that_cannot_be_taken_says_why(tmp_path, mode, text, said):
    file = tmp_path / "minsheng.env"
    file.write_bytes(text)
    file.chmod(mode)
    with pytest.raises(Stop, match=said):
        cities.enter_file(str(file))
    with pytest.raises(Stop, match="没有这个文件"):
        cities.enter_file(str(tmp_path / "other.env"))
