"""A folder whose restore was broken off is used by nothing, also when its mark cannot be read any more."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from minsheng.cli import Stop, ready, worker

SPOILT = ("", "\n", "{", "[]", "null", "{\"of\": 1}", "\x00\x00")


@pytest.mark.parametrize("mark", SPOILT, ids=range(len(SPOILT)))
def test_a_mark_that_a_power_cut_spoilt_still_shuts_the_folder_with_a_sentence(tmp_path, mark):
    (tmp_path / "restoring").write_text(mark)
    for may in ("", ready.MIGRATE):
        with pytest.raises(Stop, match="没有做完.*删除整个"):
            ready.require_whole(tmp_path, may)
    ready.require_whole(tmp_path, ready.RESTORE)


def test_whoever_goes_on_is_told_which_backup(tmp_path):
    ready.mark_restoring(tmp_path, tmp_path / "kept", "abc")
    with pytest.raises(Stop, match="minsheng restore .*kept"):
        ready.require_whole(tmp_path)


def test_a_worker_sends_nothing_of_a_folder_that_is_half_restored(tmp_path, monkeypatch):
    monkeypatch.setenv("MINSHENG_DATA", str(tmp_path))
    ready.mark_restoring(tmp_path, tmp_path / "kept", "abc")
    with pytest.raises(Stop, match="没有做完"):
        worker.run(SimpleNamespace(data=None))
