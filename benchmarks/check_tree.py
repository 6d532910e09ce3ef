"""What `check` costs on a large tree beside `ast.parse` of the same files.

    python benchmarks/check_tree.py DIRECTORY [ROUNDS]

The promise: at most 0.3 times the processor time (user and system, child processes included), and
a peak memory under 200 MB. Both run in processes of their own, in turn; the best of each counts.
Exit code 1 if a promise is broken.
"""

from __future__ import annotations

import os
import subprocess
import sys

PROMISED_RATIO = 0.3
PROMISED_MEGABYTES = 200

CHECK = "from codemods.cli import main; main(['check', {directory!r}, '--format', 'json'])"
PARSE = """
import ast
import warnings
from codemods.files import find_files, read_file
warnings.simplefilter("ignore")
parsed = size = lines = 0
for path in find_files([{directory!r}]).files:
    source = read_file(path)
    size += len(source)
    lines += source.count(b"\\n")
    try:
        ast.parse(source)
        parsed += 1
    except (SyntaxError, ValueError):
        pass
print(f"{{parsed:,}} files parsed, {{lines:,}} lines, {{size / 1e6:.1f}} MB")
"""


def measured(program: str) -> tuple[float, float, str]:
    """Processor seconds, peak megabytes of the process itself, and what it printed."""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed


def main() -> int:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    programs = [text.format(directory=directory) for text in (CHECK, PARSE)]
    runs = [[measured(program) for program in programs] for _ in range(rounds)]
    check_seconds, parse_seconds = (min(run[which][0] for run in runs) for which in (0, 1))
    megabytes = max(run[0][1] for run in runs)
    ratio = check_seconds / parse_seconds
    print(runs[0][1][2].strip())
    print(f"check: {check_seconds:.2f} s, peak {megabytes:.0f} MB   ast.parse: {parse_seconds:.2f} s")
    print(f"ratio {ratio:.2f} (promise {PROMISED_RATIO}); promised peak {PROMISED_MEGABYTES} MB")
    return 0 if ratio <= PROMISED_RATIO and megabytes < PROMISED_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
