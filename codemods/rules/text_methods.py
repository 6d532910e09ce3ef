# What methods and functions make of a text that begins with a blank. Data only.
"""Names of methods and functions, by what they do with the start of a text."""

from __future__ import annotations

# Nothing else of a text can be asked for: what has other attributes is no text.
OF_TEXTS = frozenset(dir(str))
# Text in, the same text out, but for letters and its end.
SAME_START = frozenset(
    {"lower", "upper", "rstrip", "title", "casefold", "swapcase", "removesuffix", "expandtabs"}
)
# No argument: the blank is gone either way.
DROP_START = frozenset({"strip", "lstrip", "split"})
# An argument that does not begin with a blank: the blank plays no part.
ASKS_THE_END = frozenset({"endswith", "count"})
MEASURE = frozenset(
    {
        "len",
        "list",
        "hash",
        "enumerate",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "ord",
        "iter",
        "zip",
        "reversed",
    }
    | {"bytes", "bytearray", "map", "filter", "max", "min"}
)
# Methods that take the letters of a text, if it is what they are given.
LETTER_BY_LETTER = frozenset({"extend", "join", "fromkeys"})
# What puts what it is given into a text.
FILLS_IN = frozenset(
    {"format", "format_map", "replace", "substitute", "safe_substitute", "sub", "subn", "dumps"}
)
# What makes an object of the keywords it is given.
NAMESPACES = frozenset({"SimpleNamespace", "Namespace"})
HARMLESS = frozenset(
    {
        "print",
        "loads",
        "int",
        "float",
        "write",
        "debug",
        "info",
        "warning",
        "error",
        "critical",
        "exception",
        "log",
    }
    | {"literal_eval", "echo", "strip", "lstrip"}
)
# The standard library's and well-known packages' functions for which a blank in front makes a difference.
SEES_START = frozenset(
    {
        "strptime",
        "fromisoformat",
        "Path",
        "PurePath",
        "open",
        "exists",
        "SequenceMatcher",
        "get_close_matches",
        "unified_diff",
        "ndiff",
        "ratio",
        "distance",
        "dedent",
        "indent",
        "wrap",
        "fill",
        "exec",
        "compile",
        "safe_load",
        "sha256",
        "sha1",
        "md5",
        "b64decode",
        "import_module",
    }
)
PATTERNS = frozenset({"search", "sub", "subn", "findall", "finditer", "split"})
