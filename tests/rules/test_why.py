"""The technician's two questions, answered from the lines of the data folder: why was the case page slow at 10:05, and did this job run."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from minsheng.cli.__main__ import main
from minsheng.kit import log_files

AT = datetime.fromisoformat("2026-03-02T10:05:00+08:00")
CASE, LIST = "/desk/case/<case_id>", "/desk/cases"
LATE, DRAIN = "minsheng.cases.jobs.tell_late", "minsheng.messages.jobs.drain_outbox"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A morning: the case page is slow at 10:05 while history is recomputed, and the job that tells of late orders failed once."""
    monkeypatch.setenv("MINSHENG_ZONE", "Asia/Shanghai")
    monkeypatch.setenv("MINSHENG_DATA", str(tmp_path))
    (tmp_path / log_files.FOLDER).mkdir()
    made = log_files.LogFiles(tmp_path / log_files.FOLDER, keep=1000, each=2000)  # the morning lies in many files

    def request(seconds: int, name: str, ms: float, sql_ms: float = 5.0, wait_ms: float = 0.1, cpu_ms: float = 20.0, status: int = 200) -> None:
        made.write("request", AT + timedelta(seconds=seconds), request=f"{seconds:032x}" if seconds > 0 else "before", name=name, method="GET",
                   status=status, ms=ms, wait_ms=wait_ms, sql=9, sql_ms=sql_ms, cpu_ms=cpu_ms)

    def job(minutes: int, name: str, result: str = "done", ms: float = 40.0, **more) -> None:
        made.write("job", AT + timedelta(minutes=minutes), request="job-1", name=name, result=result, ms=ms, sql=3, sql_ms=1.0, **more)

    made.write("start", AT - timedelta(hours=2), process="web")
    for n in range(40):
        request(-3000 + n, CASE, 45.0)
    for n in range(0, 60, 10):
        job(n - 60, DRAIN)
    for minutes, result in ((-35, "done"), (-25, "ValueError"), (25, "done")):
        job(minutes, LATE, result, did=3, steps={"tell": 3})
    request(2, CASE, 3200.0, sql_ms=2900.0)
    request(5, CASE, 1800.0, sql_ms=1700.0)
    request(7, LIST, 900.0, wait_ms=850.0)
    request(8, "/board/", 700.0, cpu_ms=650.0, status=500)
    request(9, "/track", 650.0)
    made.write("slow", AT + timedelta(seconds=2), ms=2800.0, sql="SELECT … FROM cases_casestep WHERE case_id = %s", request="x", name=CASE)
    job(-1, "minsheng.cases.jobs.recompute_daily", ms=140_000.0)
    made.write("log", AT + timedelta(seconds=8), level="ERROR", logger="django.request", text="GET /board/ 500", error="ZeroDivisionError")
    made.close()
    last = log_files.files(tmp_path / log_files.FOLDER)[-1][1]
    with open(last, "ab") as file:
        file.write(b'{"at":"2026-03-02T02:05:30.000+00:00","kind":"request","na')  # it was killed there
    assert len(log_files.files(tmp_path / log_files.FOLDER)) > 3
    return tmp_path


def asked(capsys, *words: str) -> tuple[int, str]:
    code = main(["why", *words])
    told = capsys.readouterr()
    assert told.err.startswith("minsheng: ") if code else not told.err, "the house's way to say no"
    return code, told.out + told.err


def test_why_was_the_case_page_slow_at_five_past_ten(data, capsys):
    code, said = asked(capsys, "--at", "2026-03-02 10:05", "--page", "case")
    assert code == 0 and f"{CASE}：2 次中 2 次慢，最慢 3200 毫秒，前一小时一般 45\n  时间主要花在数据库" in said
    assert "10:05:02 GET /desk/case/<case_id> 200  3200 毫秒：数据库 2900、其余 280、计算 20（9 条语句）" in said
    assert "慢语句 1 条：\n  10:05:02 2800 毫秒 /desk/case/<case_id>  SELECT … FROM cases_casestep WHERE case_id = %s" in said
    assert "recompute_daily 用 140.0 秒，做成了" in said and "/board/：" not in said and DRAIN not in said


@pytest.mark.parametrize(("page", "reason"), [("/desk/cases", "在等空闲的网页线程"), ("/board", "程序自己的计算"), ("/track", "处理器或内存被别的程序")])
def test_where_the_time_went_is_told_by_what_most_of_it_was(data, capsys, page, reason):
    assert reason in asked(capsys, "--at", "2026-03-02T10:05", "--page", page)[1]


def test_a_quiet_time_a_time_without_lines_and_an_empty_folder_say_so(data, capsys, tmp_path):
    code, said = asked(capsys, "--at", "2026-03-02 09:16", "--minutes", "2")
    assert code == 0 and "没有慢的请求" in said and "请求 40 次" in said
    code, said = asked(capsys, "--at", "2026-03-01 10:05")
    assert code == 1 and "当时没有在运行。日志从 2026-03-02" in said
    code, said = asked(capsys, "--at", "10:05", "--data", str(tmp_path / "empty"))
    assert code == 1 and "没有日志" in said


@pytest.mark.parametrize(("words", "code", "says"), [
    (["--job", "tell_late"], 0, ["tell_late 用 0.0 秒，做成了，办了 3 件，3 条语句，步骤 tell 3 次", "没做成：ValueError"]),
    (["--job", "tell_late", "--at", "2026-03-02 09:40"], 1, ["没做成：ValueError"]),
    (["--job", "tell_late", "--at", "2026-03-02 09:30"], 0, ["2026-03-02 09:30:00", "做成了"]),
    (["--job", "tell_late", "--at", "2026-03-02 10:05"], 1, ["10:00:00 至 10:10:00 没有跑", "上一次 2026-03-02 09:40:00", "下一次 2026-03-02 10:30:00"]),
    (["--job", "tell_late", "--at", "2026-03-02 11:45"], 1, ["上一次 2026-03-02 10:30:00", "后台任务进程不在"]),
    (["--job", "recompute_daily", "--at", "2026-03-02 10:12"], 1, ["没有跑"]),
    (["--job", "recompute_daily", "--at", "2026-03-02 10:10"], 0, ["140.0 秒"]),
    (["--job", "anchor"], 1, ["没有名字含“anchor”的任务跑过", LATE]),
    (["--request", f"{2:032x}"], 0, ["ms=3200.0"]),
    (["--request", "nobody"], 1, ["没有这个编号"]),
])
def test_did_this_job_run(data, capsys, words, code, says):
    ended, said = asked(capsys, *words)
    assert ended == code and all(one in said for one in says), said


def test_a_time_of_day_is_the_last_one_that_was_and_nonsense_is_told(data, capsys):
    from minsheng.cli import options
    from minsheng.kit import clock

    now = clock.machine_now()
    for text in ("0:00", "10:05", "23:59:59", "10：05"):
        assert now - timedelta(days=1) < options.instant(text) <= now, text
    for text in ("25:00", "10:05 昨天", "", "2026-02-30 10:05"):
        with pytest.raises(SystemExit) as end:
            main(["why", "--at", text])
        assert end.value.code == 2 and "--at" in capsys.readouterr().err


def test_a_token_that_can_be_guessed_is_refused_before_anything_starts(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINSHENG_SECRET", "s" * 40)
    monkeypatch.setenv("MINSHENG_METRICS_TOKEN", "t" * 31)
    assert main(["serve", "--data", str(tmp_path)]) == 1 and "MINSHENG_METRICS_TOKEN" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_has_not_ended_is_told_once_and_its_end_takes_its_place(data, capsys):
    made = log_files.LogFiles(data / log_files.FOLDER, keep=1000, each=2000)
    began = AT + timedelta(minutes=40)
    for minutes in (1, 2, 3):
        made.write("job", began, request="job-7", name="minsheng.archive.jobs.make_month", result="running", ms=minutes * 60_000.0)
    code, said = asked(capsys, "--job", "make_month", "--at", "2026-03-02 10:46")
    assert code == 1 and "已经 3 分钟" in said and said.count("用 180.0 秒，还没做完") == 1
    assert "make_month 用 180.0 秒，还没做完" in asked(capsys, "--at", "2026-03-02 10:46")[1]
    made.write("job", began, request="job-7", name="minsheng.archive.jobs.make_month", result="done", ms=200_000.0, sql=9)
    made.close()
    assert asked(capsys, "--job", "make_month") == (0, "2026-03-02 10:45:00 minsheng.archive.jobs.make_month 用 200.0 秒，做成了，9 条语句\n")


def test_a_job_that_hangs_says_so_each_minute(tmp_path, monkeypatch):
    from minsheng.kit import watch

    (tmp_path / log_files.FOLDER).mkdir()
    log_files.begin(tmp_path, 200)
    try:
        times = iter((100.0, 130.0, 161.0, 190.0, 222.0))
        monkeypatch.setattr(watch, "perf_counter", lambda: next(times))
        run = watch.Run("room.jobs.hangs", 3)
        for _ in range(4):
            run.say_every(60)
    finally:
        log_files.end()
    lines = list(log_files.read(tmp_path / log_files.FOLDER))
    assert [(line["result"], line["ms"], line["request"]) for line in lines] == [("running", 61000.0, "job-3"), ("running", 122000.0, "job-3")]
