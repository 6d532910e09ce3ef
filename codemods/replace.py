# Writes files; with files.py, which reads them, the only module that touches the user's files.
"""Replace a file whole or not at all: a temporary file beside it, then one rename."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile

from codemods.files import cannot, read_file


class ReplaceError(Exception):
    """The file stays as it was; the text says why and what to do."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Put `after` in place of `before`, whole or not at all; mode and owner stay.

    A symbolic link stays one: the file it names is replaced. Raises ReplaceError if the file is
    read-only, is no longer `before`, or cannot be written.
    """
    target = os.path.realpath(path)
    try:
        status = os.stat(target)
        # Renaming over a read-only file works, but its owner has said not to write to it.
        if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
            raise ReplaceError("read-only file: make it writable (chmod u+w) and run again")
        if read_file(target) != before:
            raise ReplaceError("it changed while this command ran: run it again")
        _write_whole(target, after, status)
    except OSError as error:
        raise ReplaceError(cannot("write", error)) from error


def write_output(path: str, content: bytes) -> None:
    """Write a report the user asked for, whole or not at all. Raises ReplaceError."""
    try:
        target = os.path.realpath(path)
        status = os.stat(target) if os.path.exists(target) else None
        if status is not None and not stat.S_ISREG(status.st_mode):
            with open(target, "wb") as file:  # /dev/stderr, a named pipe
                file.write(content)
        else:
            _write_whole(target, content, status)
    except OSError as error:
        raise ReplaceError(cannot("write", error)) from error


def _write_whole(target: str, content: bytes, status: os.stat_result | None) -> None:
    directory, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(prefix=f".{name[:100]}.", suffix=".to-messages", dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _keep_mode_and_owner(temporary, status)
        os.replace(temporary, target)
    except BaseException:  # also Ctrl-C: no litter beside the user's files
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(directory)


def _keep_mode_and_owner(temporary: str, status: os.stat_result | None) -> None:
    if status is None:
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.chown(temporary, status.st_uid, status.st_gid)
    os.chmod(temporary, stat.S_IMODE(status.st_mode))


def _sync_directory(directory: str) -> None:
    """Make the rename itself last through a power cut, where the system can."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
