"""Environments with real SDK versions, made on first use and kept in `.cache/sdks/`.

`sdk_python("0.125.0")` returns the interpreter of an environment that holds anthropic==0.125.0 and
what it needs, nothing of ours; `sdk_python(NONE)` one without the SDK. Safe when several test processes ask at once: one builds, the others
wait for it. An environment counts as made only once the SDK in it has constructed a client.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

OLDEST = "0.2.10"  # the last release whose one client had completion() and its three sisters
LEGACY = "0.125.0"  # the last release with client.completions
NEWEST = "2.12.0"
NONE = "none"  # no SDK, but the libraries that programs speak HTTP with
QUICK = (LEGACY, NEWEST)
MATRIX = ("0.40.0", "0.84.0", LEGACY, "1.17.0", NEWEST)

#: For programs that meet the double only, over plain HTTP: a folder without certificates in place of the
#: real ones, since to read those takes longer than all else that a client and a short program do.
NO_CERTIFICATES = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": str(Path(__file__).parent)}

_ROOT = Path(__file__).resolve().parent.parent
# 0.2 has no class Anthropic and no __version__; Client is there in every release.
_PROBE = """\
import importlib.metadata, sys, anthropic
anthropic.Client(api_key="probe")
sys.exit(importlib.metadata.version("anthropic") != sys.argv[1])
"""

_QUIETLY = ("--quiet", "--disable-pip-version-check", "--prefer-binary")
_PLAIN = ("requests", "httpx<1", "aiohttp<4", "boto3")


def sdk_python(version: str, extras: Sequence[str] = ()) -> Path:
    """The interpreter of an environment with anthropic==version (and its extras, such as "bedrock").

    Raises RuntimeError with pip's own output if it cannot be made.
    """
    tag = "-".join(
        [
            "plain" if version == NONE else version,
            *sorted(extras),
            f"py{sys.version_info.major}.{sys.version_info.minor}",
        ]
    )
    home = cache_folder() / tag
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / "ready"
    if not ready.exists():
        with _only_one(home.with_name(f"{tag}.lock")):
            if not ready.exists():
                _build(home, python, version, extras)
                ready.touch()
    return python


def cache_folder() -> Path:
    """Where the environments live; TO_MESSAGES_SDKS names another place, for example a CI cache."""
    folder = Path(os.environ.get("TO_MESSAGES_SDKS") or _ROOT / ".cache" / "sdks")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _build(home: Path, python: Path, version: str, extras: Sequence[str]) -> None:
    shutil.rmtree(home, ignore_errors=True)  # what an interrupted build left
    if version == NONE:
        _run([sys.executable, "-m", "venv", str(home)])
        _run([str(python), "-m", "pip", "install", *_QUIETLY, *_PLAIN])
        return
    wanted = f"anthropic[{','.join(extras)}]=={version}" if extras else f"anthropic=={version}"
    _run([sys.executable, "-m", "venv", str(home)])
    # Releases before 1.0 ask for httpx without an upper limit and know only its 0.x line.
    limits = ["httpx<1"] if version.startswith("0.") else []
    if version.startswith("0.2."):
        limits.append("aiohttp<4")  # is handed time-outs as plain numbers
    pip = [str(python), "-m", "pip", "install", *_QUIETLY]
    _run([*pip, wanted, *limits])
    _run([str(python), "-c", _PROBE, version])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it if the holder dies."""
    import fcntl  # not on Windows, where the execution tests do not run either

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    for name in sys.argv[1:] or MATRIX:
        print(name, sdk_python(name))
