"""The completions tests of the last SDK that had them, run against our clients under each SDK.

They come from the source release of 0.125.0, fetched by pip and kept in the cache, not copied here.
Exceptions: the cases that ask for aiohttp, which is not installed (8 of 40), and SDK 0.40.0, which lacks
private names that the helper module of these tests imports.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from migrate.double import Double
from tests.sdks import LEGACY, MATRIX, cache_folder, sdk_python

ROOT = Path(__file__).resolve().parent.parent.parent
CONFTEST = Path(__file__).with_name("own_tests_conftest.py")
WANTED = ("__init__.py", "utils.py", "api_resources/__init__.py", "api_resources/test_completions.py")
SITE = Path(pytest.__file__).resolve().parent.parent
# pytest is not in the SDK environments; it is found behind everything that is.
RUN = f"import sys; sys.path.append({str(SITE)!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def own_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "tests"
    with tarfile.open(source_release()) as archive:
        for name in WANTED:
            member = archive.extractfile(f"anthropic-{LEGACY}/tests/{name}")
            assert member is not None
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(member.read())
    shutil.copy(CONFTEST, folder / "conftest.py")
    return folder


def source_release() -> Path:
    """The source release, from the cache or by pip."""
    folder = cache_folder().parent / "sdists"
    archive = folder / f"anthropic-{LEGACY}.tar.gz"
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        wanted = ["--no-binary", ":all:", "--dest", str(folder), f"anthropic=={LEGACY}"]
        subprocess.run([*pip, *wanted], check=True)
    return archive


VERSIONS = [version for version in MATRIX if version != "0.40.0"]


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_the_sdks_own_tests_pass(version: str, own_tests: Path) -> None:
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        "--rootdir",
        str(own_tests.parent),
        str(own_tests),
    ]
    with Double() as double:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TEST_API_BASE_URL": double.base_url}
        done = subprocess.run(
            [str(sdk_python(version)), "-c", RUN, *options],
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            cwd=own_tests.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) passed, (\d+) skipped", done.stdout)
    assert found is not None, done.stdout
    assert (found[1], found[2]) == ("32", "8")
    assert {request.path for request in double.requests} == {"/v1/messages"}
