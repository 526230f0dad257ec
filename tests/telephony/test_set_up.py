"""What is written for the exchange and said of it, without one: settings, ports, configuration of each release, prompts, what doctor says."""

from __future__ import annotations

import array
import json
import shutil
import socket
import ssl
import threading
import tomllib
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from minsheng.kit.host import Problem
from minsheng.telephony.asterisk import doctor, layout, life, programs, prompts, render

SECRET = {"ami": "word", "trunk": "line", "entity": "02:00:00:00:00:01"}
PORTS = {"sip": 5060, "web": 8088, "ami": 5038}


class Names:
    at, db = "/pbx", "/pbx/var/lib"

    def named(self, part: Path) -> str:
        return str(part)


def of_version(folder: Path, version: str = "22.1", without: tuple[str, ...] = ()) -> programs.Programs:
    modules = folder / "modules"
    modules.mkdir(exist_ok=True)
    for name in programs.wanted_modules():
        if name not in without:
            (modules / f"{name}.so").touch()
    return programs.Programs(folder / "asterisk", modules, folder, version)


@pytest.mark.parametrize(("text", "says"), [
    ("numbers = 12345", "numbers 写的是 12345"), ('numbers = []', "numbers"), ('numbers = ["12345\\n[x]"]', "numbers"), ("ring_s = 0", "ring_s"),
    ('listen = "all"', "listen"), ("lve = true", "没有 lve"), ("live = 1", "live"), ('name = "A B"', "name"), ('number = "1', "写得不对"),
    ('[trunk]\ncontact = "sip:x;y\\n"', "trunk.contact"), ('[trunk]\npeers = ["0.0.0.0/0"]', "trunk.peers"), ('[trunk]\npeers = [5]', "trunk.peers"),
    ('[trunk]\npassword = "a;b"', "trunk.password"), ('[trunk]\nregisters = true', "trunk.registers"), ('[trunk]\ncodecs = ["opus"]', "trunk.codecs"),
    ('phone_url = "https://x"', "phone_url"), ('[ports]\nsip = 99999', "ports"), ("rtp = [30000, 20000]", "rtp"),
])
def test_what_cannot_be_in_pbx_toml_is_named_with_what_may_stand_there(tmp_path, text, says):
    places = layout.of(tmp_path)
    places.home.mkdir()
    (places / "pbx.toml").write_text(text)
    with pytest.raises(Problem, match=says) as wrong:
        layout.settings_of(places)
    assert "pbx.toml" in str(wrong.value) and "a;b" not in str(wrong.value)


def test_what_the_guide_says_to_write_for_a_carriers_line_may_be_written():
    said = (Path(__file__).parents[2] / "docs/telephony.md").read_text(encoding="utf-8").split("然后改 `pbx.toml`：")[1].split("```")[1]
    settings = layout.checked(tomllib.loads(said), "pbx.toml")
    assert settings.trunk.registers and settings.trunk.peers == ("10.20.0.5",) and not settings.trunk.local and settings.phone_url.startswith("wss://")


def test_what_is_written_first_is_valid_and_leads_to_this_machine_alone(tmp_path):
    places = layout.of(tmp_path)
    settings = layout.settings_of(places)
    assert settings == layout.settings_of(places) and settings.trunk.local and not settings.live and settings.name.startswith("pbx-")
    assert layout.settings_of(layout.of(tmp_path / "other")).name != settings.name
    assert layout.drawn(places) == layout.drawn(places) and (places / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_port_that_is_taken_is_left_for_another_and_said_when_it_was_written(tmp_path):
    places = layout.of(tmp_path)
    settings = layout.settings_of(places)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        layout.private(places / "ports.json", json.dumps(PORTS | {"sip": taken}))
        chosen = layout.ports_of(places, settings)
        assert taken not in chosen.values() and layout.ports_of(places, settings) == chosen
        with pytest.raises(Problem, match=f"端口 {taken}（sip）已被别的程序占用"):
            layout.ports_of(places, layout.checked({"ports": {"sip": taken}}, "pbx.toml"))


def test_each_release_gets_its_own_form_and_only_modules_that_it_has(tmp_path):
    settings = layout.checked({"numbers": ["12345", "089112345"]}, "pbx.toml")
    old = render.texts(Names(), of_version(tmp_path, "18.10.0", without=("res_cdrel_custom",)), settings, SECRET, PORTS)
    new = render.texts(Names(), of_version(tmp_path, "22.1.0"), settings, SECRET, PORTS)
    assert ",,,300,,,agent-pickup)" in old["extensions.conf"] and ",,,300,,agent-pickup)" in new["extensions.conf"]
    assert "exten => 089112345,1" in new["extensions.conf"] and "qualify_frequency = 0" in new["pjsip.conf"]
    assert not [name for name in ("app_system", "func_shell", "res_agi") if name in new["modules.conf"]]
    shutil.rmtree(tmp_path / "modules")
    assert "res_cdrel_custom" not in render.texts(Names(), of_version(tmp_path, without=("res_cdrel_custom",)), settings, SECRET, PORTS)["modules.conf"]
    (tmp_path / "modules" / "app_queue.so").unlink()
    with pytest.raises(Problem, match="缺少模块 app_queue"):
        render.texts(Names(), of_version(tmp_path, without=("app_queue",)), settings, SECRET, PORTS)


def test_a_carriers_line_registers_knows_its_peers_and_rings_110_only_when_it_is_live(tmp_path):
    trunk = {"contact": "sip:10.20.0.5:5060", "peers": ["10.20.0.5", "10.20.1.0/28"], "username": "12345", "password": "secret", "registers": True}
    use = of_version(tmp_path)
    off = render.texts(Names(), use, layout.checked({"trunk": dict(trunk)}, "pbx.toml"), SECRET, PORTS)
    live = render.texts(Names(), use, layout.checked({"trunk": dict(trunk), "live": True}, "pbx.toml"), SECRET, PORTS)
    passed_on = "[pass-on]" + live["extensions.conf"].split("[pass-on]")[1].split("[callback]")[0]
    assert "Dial(PJSIP/${EXTEN}@trunk,45,gi${ASSERT})" in passed_on and "not-live" in off["extensions.conf"] and passed_on not in off["extensions.conf"]
    assert "match = 10.20.0.5,10.20.1.0/28" in live["pjsip.conf"] and "X-Trunk" not in live["pjsip.conf"]
    assert "client_uri = sip:12345@10.20.0.5:5060" in live["pjsip.conf"]


def test_prompts_are_named_by_what_is_wrong_and_a_recording_is_never_written_over(tmp_path):
    assert {language for by_language in prompts.texts().values() for language in by_language} == {"zh", "bo", "en"}
    assert all(set(by_language) == {"zh", "bo", "en"} for by_language in prompts.texts().values())
    assert len(prompts.problems(tmp_path)) == len(prompts.files())
    assert prompts.stand_in(tmp_path, voice=False) == len(prompts.files()) and prompts.problems(tmp_path) == []
    recording = tmp_path / "bo" / "welcome.wav"
    recording.write_bytes(prompts.tone(500, 2.0))
    assert prompts.stand_in(tmp_path, voice=False) == 0 and "bo/welcome.wav" not in prompts.stand_ins(tmp_path)
    with wave.open(str(recording), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(44100)
        sound.writeframes(bytes(400_000))
    (tmp_path / "zh" / "survey.wav").write_bytes(b"RIFF")
    (tmp_path / "en" / "thanks.wav").unlink()
    assert prompts.problems(tmp_path) == ["bo/welcome.wav 是 2 声道、44100 Hz、16 位；请转成单声道、8000 Hz、16 位",
                                          "zh/survey.wav 不是能播放的 WAV（文件不完整）", "en/thanks.wav 没有这个文件"]
    assert len(prompts.slower(array.array("h", range(22050)), 22050)) == 8000


def test_doctor_says_in_words_what_is_missing_and_how_to_come_by_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MINSHENG_PBX_PROGRAMS", str(tmp_path / "nothing"))
    monkeypatch.setattr(programs.shutil, "which", lambda *given, **named: None)
    places = layout.of(tmp_path)
    layout.settings_of(places)
    said = "\n".join(text for well, text in doctor.look(places) if not well)
    assert "请运行：./minsheng pbx fetch" in said and "提示音 zh/welcome.wav 没有这个文件" in said and "启动：./minsheng pbx start" in said
    with pytest.raises(Problem, match="没有 apt"):
        programs.mirror()
    with pytest.raises(Problem, match="pbx fetch"):
        life.start(places, print)
    (places / "pbx.toml").write_text('phone_url = "ws://10.0.0.1/ws"')
    assert any("只在 https 页面里给麦克风" in text for _, text in doctor.look(places))
    layout.private(places / "running.json", json.dumps({"pid": 1, "born": 7, "version": "22", "ports": PORTS}))
    assert life.running(places) is None and life.stop(places) is False  # a number that another process has now


def certificate(folder: Path, days: int) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - timedelta(days=99)).not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256()))
    file = folder / f"{days}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file


@pytest.mark.parametrize(("days", "well", "says"), [(90, True, "还有 89 天"), (3, False, "请现在换新的"), (-1, False, "已过期"), (None, False, "连不上话机地址")])
def test_an_expired_certificate_of_the_phones_address_is_said_before_no_phone_rings(tmp_path, days, well, says):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        if days is None:
            door.close()
            found = doctor.told_of("localhost", port)
        else:
            file = certificate(tmp_path, days)
            served, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=file)
            served.load_cert_chain(file)

            def answer() -> None:
                try:
                    served.wrap_socket(door.accept()[0], server_side=True).close()
                except OSError:
                    pass  # who asked did not trust it

            serving = threading.Thread(target=answer)
            serving.start()
            found = doctor.told_of("localhost", port, trusted)
            serving.join(5)
    assert found[0] is well and says in found[1]
