"""`python -m codemods` is `to-messages`."""

from __future__ import annotations

import os
import sys


def _forget_current_directory() -> None:
    """`python -m` puts the current directory first in the search path: the user's code, not ours.

    Left there, a file of the user's called `json.py` would be run in place of the library's. Only
    in a checkout of this project is it where this package itself lies.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.path and sys.path[0] in ("", os.getcwd()) and package != os.getcwd():
        del sys.path[0]


if __name__ == "__main__":
    _forget_current_directory()

    from codemods.cli import main

    main(prog_name="to-messages")
