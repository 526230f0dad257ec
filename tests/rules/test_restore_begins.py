"""A restore goes into an empty data folder; another disk that is hung in for the attachments is empty too."""

from __future__ import annotations

import pytest

from minsheng.cli import Stop, ready, restore


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    backup, data = tmp_path / "minsheng-20260302-033000", tmp_path / "data"
    backup.mkdir()
    (backup / "manifest.json").write_text("{}")
    data.mkdir()
    return data, backup


def test_an_empty_disk_for_the_attachments_is_no_data(places, tmp_path):
    data, backup = places
    (tmp_path / "share" / "lost+found").mkdir(parents=True)
    (data / "files").symlink_to(tmp_path / "share")
    restore.begin(data, backup)
    assert ready.restoring(data)["backup"] == str(backup)


@pytest.mark.parametrize("there", ["files/ab", "pg"])
def test_what_is_there_is_never_mixed_with_what_is_put_back(places, there):
    data, backup = places
    (data / there).mkdir(parents=True)
    with pytest.raises(Stop, match="已有数据"):
        restore.begin(data, backup)
    assert ready.restoring(data) is None
