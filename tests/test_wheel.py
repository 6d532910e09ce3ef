"""What a user installs: the wheel holds both packages whole, and nothing else, and works alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow  # pip builds the wheel and fetches what it needs


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    call(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(PROJECT)
    )
    [file] = folder.glob("*.whl")
    return file


def call(*command: str, status: int = 0, cwd: Path = PROJECT) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_both_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        file.relative_to(PROJECT).as_posix()
        for package in ("migrate", "codemods")
        for file in (PROJECT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert held == expected
    assert {"migrate/models.json", "migrate/py.typed", "codemods/py.typed"} <= held


def test_the_wheel_needs_no_sdk(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        needed = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist", [])
    assert [line for line in needed if line.startswith("anthropic") and "extra ==" not in line] == []
    assert any(line.startswith("anthropic") and "adapter" in line for line in needed)


def test_the_installed_command_works_alone(wheel: Path, tmp_path: Path) -> None:
    call(sys.executable, "-m", "venv", str(tmp_path / "environment"))
    python = tmp_path / "environment" / "bin" / "python"
    call(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    command = str(python.with_name("to-messages"))
    assert "claude-2.1" in call(command, "models", cwd=tmp_path)
    shutil.copytree(PROJECT / "examples" / "legacy_app", tmp_path / "sample")
    assert "TC102 bridged" in call(command, "check", "sample", status=1, cwd=tmp_path)
    program = (
        "import migrate; print(migrate.arguments_from_prompt('\\n\\nHuman: Hi\\n\\nAssistant:')['messages'])"
    )
    assert call(str(python), "-c", program, cwd=tmp_path) == "[{'role': 'user', 'content': 'Hi'}]\n"
