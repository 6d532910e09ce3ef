# environment.yml: conda's match specifications and the list for pip inside. Nothing of decisions.
"""Read a conda environment file. PyYAML tells where each value stands, and proves what is added."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from packaging.utils import canonicalize_name

from codemods.pins import NAMES, OWN_PYTHON, OWN_REQUIREMENT, SDK, Insert, Reading, Requirement
from codemods.pins.placing import applied, line_below
from codemods.pins.ranges import conda_versions, forbids
from codemods.pins.requirements import INCLUDE, included_files, own_requirement, parts_of

_SPECIFICATION = re.compile(
    r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9][\w.-]*?)(?P<gap>\s*)(?P<spec>[<>=!~\d*].*)?"
)


def read_environment(text: str) -> Reading:
    """The requirements in environment.yml. Raises ValueError for a text that is not YAML."""
    import yaml

    try:
        # Two documents full of aliases can take for ever to compare.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise ValueError("it uses YAML aliases")
        root = yaml.compose(text, yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    items = _entry(root, "dependencies")
    pip = next((pip for item in _items(items) if (pip := _entry(item, "pip")) is not None), None)
    environment = _Environment(text, document, pip)
    found = [*environment.of_conda(items), *environment.of_pip()]
    includes = [match for node in _items(pip) if (match := INCLUDE.match(str(node.value)))]
    return Reading(tuple(found), *included_files(includes), old_python=_old_python(items))


def _old_python(items: Any) -> str | None:
    """What is said of Python, if none that our package runs on can be chosen."""
    for node in _items(items):
        match = _SPECIFICATION.fullmatch(node.value.strip()) if node.id == "scalar" else None
        if match is not None and match["name"].lower() == "python":
            versions = conda_versions((match["spec"] or "").strip())
            if versions is not None and forbids(versions, OWN_PYTHON):
                return match["spec"]
    return None


def _entry(node: Any, name: str) -> Any:
    """The value under a key of a mapping node, or None."""
    pairs = node.value if getattr(node, "id", "") == "mapping" else ()
    return next((value for key, value in pairs if key.value == name), None)


def _items(node: Any) -> list[Any]:
    return list(node.value) if getattr(node, "id", "") == "sequence" else []


class _Environment:
    """A text, what it means, and the node of its list for pip, if it has one."""

    def __init__(self, text: str, document: Any, pip: Any) -> None:
        self.text = text
        self.document = document
        self.pip = pip

    def of_conda(self, items: Any) -> Iterator[Requirement]:
        for node in _items(items):
            value = node.value if node.id == "scalar" else ""
            match = _SPECIFICATION.fullmatch(value.strip())
            if match is None or canonicalize_name(match["name"]) not in NAMES:
                continue
            start = self._start(node)
            versions = conda_versions((match["spec"] or "").strip())
            beside = self._beside_for_pip(OWN_REQUIREMENT) if match["name"].lower() == SDK else ()
            # A comma would end an item of a list in brackets.
            flow = bool(items.flow_style) and node.style is None
            spec = None if start is None or flow else (start + match.end("gap"), start + len(value.rstrip()))
            first = self._first(node)
            shown = value.strip()
            yield Requirement(
                match["name"].lower(), first, first + len(shown), shown, spec, versions, False, beside
            )

    def of_pip(self) -> Iterator[Requirement]:
        for node in _items(self.pip):
            parts = parts_of(node.value.strip()) if node.id == "scalar" else None
            if parts is None:
                continue
            start = self._start(node)
            spec = None if start is None else (start + parts.spec[0], start + parts.spec[1])
            beside = self._beside_for_pip(own_requirement(parts)) if parts.name == SDK else ()
            first, shown = self._first(node), node.value.strip()
            yield Requirement(
                parts.name,
                first,
                first + len(shown),
                shown,
                spec,
                parts.versions,
                beside=beside,
                is_direct=parts.is_direct,
            )

    def _first(self, node: Any) -> int:
        return int(node.start_mark.index) + (node.style is not None)

    def _start(self, node: Any) -> int | None:
        """Where the value stands in the text, if it stands there as it is."""
        start = self._first(node)
        return start if self.text.startswith(node.value, start) else None

    def _beside_for_pip(self, own: str) -> tuple[Insert, ...] | None:
        """Our requirement as the last item of the list for pip; None if there is no such list."""
        items = _items(self.pip)
        if not items or self.pip.flow_style:
            return None
        last = items[-1]
        insert = line_below(self.text, last.end_mark.index - 1, f"- {own}")
        inserted = (insert,)
        return inserted if self._adds(own, applied(self.text, inserted)) else None

    def _adds(self, own: str, text: str) -> bool:
        import yaml

        expected = copy.deepcopy(self.document)
        next(item for item in expected["dependencies"] if isinstance(item, dict))["pip"].append(own)
        try:
            return bool(yaml.safe_load(text) == expected)
        except yaml.YAMLError:
            return False
