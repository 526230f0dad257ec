"""Checks of the trade that take a second each: dependencies that nobody uses or nobody declares, and templates that no browser mends."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_package_that_is_imported_is_declared_and_every_declared_one_is_used():
    done = run("deptry", "src", "--no-ansi")
    assert done.returncode == 0, done.stdout + done.stderr


def test_templates_have_no_orphan_tag_no_double_attribute_and_nothing_else_that_djlint_finds():
    done = run("djlint", "src/minsheng", "--lint", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checks_see_what_they_are_for(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\ndependencies = ["openpyxl"]\n', encoding="utf-8")
    (tmp_path / "x.py").write_text("import segno\n", encoding="utf-8")
    done = run("deptry", str(tmp_path), "--no-ansi", "--config", str(tmp_path / "pyproject.toml"))
    assert done.returncode and "'openpyxl'" in done.stderr + done.stdout and "'segno'" in done.stderr + done.stdout
    (tmp_path / "x.html").write_text('<div><p id="a" id="b">x</div>\n', encoding="utf-8")
    done = run("djlint", str(tmp_path / "x.html"), "--lint", "--quiet", "--configuration", str(ROOT / "pyproject.toml"))
    assert done.returncode and "H025" in done.stdout and "H037" in done.stdout
