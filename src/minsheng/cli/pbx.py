"""电话交换机：取得、启动、停止、查看、体检，以及提示音清单（只监听本机，说明见 docs/telephony.md）。"""

from __future__ import annotations

import argparse
import sys

from minsheng.cli import Stop, ready


def add(parser: argparse.ArgumentParser) -> None:
    ready.add_data(parser)
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="fetch|start|stop|status|doctor|prompts")
    fetch = deeds.add_parser("fetch", help="没有自带 Asterisk 的机器，从本机 apt 所用的 Debian 源取一份（不安装，不需要 root）")
    fetch.add_argument("--again", action="store_true", help="已取过也重新取")
    deeds.add_parser("start", help="按 pbx.toml 写好配置并启动")
    deeds.add_parser("stop", help="停止（正在进行的通话会断）")
    deeds.add_parser("status", help="是否在运行、端口、通话数")
    deeds.add_parser("doctor", help="哪里不对、怎么办")
    prompts = deeds.add_parser("prompts", help="提示音清单：缺哪些、哪些格式不对、哪些还没有真人录音")
    prompts.add_argument("--texts", action="store_true", help="列出每条要录的话")


def run(args: argparse.Namespace) -> int:
    from minsheng.telephony.asterisk import layout

    places = layout.of(ready.folder(args.data))
    return _DEEDS[args.deed](places, args)


def say(text: str) -> None:
    print(text, flush=True)


def _fetch(places, args) -> int:
    from minsheng.telephony.asterisk import programs

    use = None if args.again else programs.found(places.programs)
    if use is not None:
        say(f"已有 Asterisk {use.version}（{use.binary}），不用再取")
        return 0
    programs.fetch(places.programs, say)
    return 0


def _start(places, args) -> int:
    from minsheng.telephony.asterisk import life

    life.start(places, say)
    return 0


def _stop(places, args) -> int:
    from minsheng.telephony.asterisk import life

    say("交换机已停止" if life.stop(places) else "交换机没有在运行")
    return 0


def _status(places, args) -> int:
    from minsheng.telephony.asterisk import doctor, life

    now = life.running(places)
    if now is None:
        raise Stop("交换机没有在运行。启动：./minsheng pbx start")
    say(f"Asterisk {now.version}，进程号 {now.pid}，SIP {now.ports['sip']}，网页话机 {now.ports['web']}，管理口 {now.ports['ami']}")
    say(doctor.counts(places, now))
    return 0


def _doctor(places, args) -> int:
    from minsheng.telephony.asterisk import doctor

    found = doctor.look(places)
    for well, text in found:
        print(("好  " if well else "不对  ") + text, file=sys.stdout if well else sys.stderr, flush=True)
    return 0 if all(well for well, _ in found) else 1


def _prompts(places, args) -> int:
    from minsheng.telephony.asterisk import prompts

    if args.texts:
        for name, language, said in prompts.files():
            say(f"{language}/{name}.wav\t{said}")
        return 0
    prompts.stand_in(places.sounds, say)
    wrong, waiting = prompts.problems(places.sounds), prompts.stand_ins(places.sounds)
    for line in wrong:
        print(f"不对  {line}", file=sys.stderr)
    if waiting:
        say(f"还没有真人录音（放到 {places.sounds}，8000 Hz 单声道 16 位 WAV）：\n  " + "\n  ".join(waiting))
    if not wrong and not waiting:
        say("提示音齐全")
    return 1 if wrong else 0


_DEEDS = {"fetch": _fetch, "start": _start, "stop": _stop, "status": _status, "doctor": _doctor, "prompts": _prompts}
