# Writes the text of a test's statement for the new call. Proposes; edits nothing.
"""The replacement text for a statement of a test that knows the old call.

    before: create.assert_called_with(max_tokens_to_sample=9, prompt="\\n\\nHuman: Hi\\n\\nAssistant:")
    after:  create.assert_called_with(max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
    before: client.completions.create.return_value.completion = " hi"
    after:  client.messages.create.return_value.content = [TextBlock(type="text", text=" hi")]
    before: Completion(completion=text, stop_reason="stop_sequence", model="claude-2")
    after:  Message(id="msg_test", …, content=[TextBlock(type="text", text=text)], stop_reason="end_turn", …)

The author's names and everything else of the statement stay. The text is for a person to read: it is
never put into the file.
"""

from __future__ import annotations

import ast
import json
import re

from codemods.plans import Context
from codemods.rules.removed_names import replacement_of
from codemods.rules.reported import call_of, current_model
from migrate.errors import MigrationError
from migrate.prompts import parse_prompt

_MESSAGE = (
    'Message(id="msg_test", type="message", role="assistant", model={model}, content={content}, '
    "stop_reason={reason}, stop_sequence=None, usage=Usage(input_tokens=1, output_tokens=1))"
)
_JSON_MESSAGE = (
    '{{"id": "msg_test", "type": "message", "role": "assistant", "model": {model}, "content": {content}, '
    '"stop_reason": {reason}, "stop_sequence": None, "usage": {{"input_tokens": 1, "output_tokens": 1}}}}'
)
_IMPORTED = {
    "anthropic.types": ("Message", "TextBlock", "Usage"),
    "migrate": ("arguments_from_prompt",),
}
_DROPPED = frozenset({"temperature", "top_p", "top_k"})
_ADDRESS = re.compile(r"/v1/complete(?![\w/])")


def with_imports(context: Context, text: str) -> str:
    """A text with the imports that it needs and the file has not."""
    for module, names in _IMPORTED.items():
        bound = context.flow.module.definitions
        needed = [name for name in names if f"{name}(" in text and name not in bound]
        text = f"from {module} import {', '.join(needed)}\n{text}" if needed else text
    return text


def converted(context: Context, node: ast.AST) -> str:
    """The source of a node with every part of the old call replaced; as it stands where nothing is."""
    own = _conversion(context, node)
    return own if own is not None else _spliced(context, node)


def _spliced(context: Context, node: ast.AST) -> str:
    start, end = context.source.span(node)
    pieces: list[str] = []
    at = start
    for child in sorted(_placed_children(context, node), key=lambda one: context.source.span(one)):
        first, last = context.source.span(child)
        if first >= at and last <= end:
            pieces += [context.source.text((at, first)), converted(context, child)]
            at = last
    return "".join([*pieces, context.source.text((at, end))])


def _placed_children(context: Context, node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or not context.source.is_placed(child):
            continue  # pieces of f-strings have no spans that can be trusted
        if hasattr(child, "lineno"):
            found.append(child)
        else:
            found += _placed_children(context, child)
    return found


def _conversion(context: Context, node: ast.AST) -> str | None:
    written = _class_or_assertion(context, node)
    if written is not None:
        return written
    if isinstance(node, ast.Attribute) and node.attr == "completions":
        return f"{converted(context, node.value)}.messages"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _text(context, node, node.value)
    if isinstance(node, ast.Assign):
        return _assignment(context, node)
    if isinstance(node, ast.keyword):
        return _keyword(context, node)
    if isinstance(node, ast.Call) and is_reply_call(node):
        return _reply(context, node)
    if isinstance(node, ast.Call) and _passes_sampling(node):
        kept = [converted(context, one) for one in node.keywords if one.arg not in _DROPPED]
        return call_of(
            converted(context, node.func), [*(converted(context, one) for one in node.args), *kept]
        )
    if isinstance(node, ast.Dict):
        return _dict(context, node)
    if isinstance(node, ast.arg):
        return {"prompt": "messages", "max_tokens_to_sample": "max_tokens"}.get(node.arg)
    if isinstance(node, ast.Name) and node.id in ("prompt", "max_tokens_to_sample"):
        return _parameter(context, node)
    if isinstance(node, ast.Name) and node.id == "completions" and isinstance(node.ctx, ast.Store):
        return "messages"
    return None


def _class_or_assertion(context: Context, node: ast.AST) -> str | None:
    """A fake that is written as a class, and what an assertion says of the prompt."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == "completions":
        return re.sub(r"\b(class|def)\s+completions\b", r"\1 messages", _spliced(context, node), count=1)
    if isinstance(node, ast.ClassDef) and _has_field(node, "completion"):
        return _with_content(context, node)
    if isinstance(node, ast.Compare | ast.Call) and (text := _asserted_turns(context, node)) is not None:
        return text
    if isinstance(node, ast.Subscript) and _is_prompt_item(node) and isinstance(node.ctx, ast.Load):
        return f'{converted(context, node.value)}["messages"][-1]["content"]'
    return None


def _parameter(context: Context, node: ast.Name) -> str | None:
    """The new name of a fake's parameter; other names are the author's own."""
    if node.id == "max_tokens_to_sample":
        return "max_tokens"
    definitions = context.flow.reaching(node).definitions
    arguments = [one.scope.node for one in definitions if one.kind == "parameter"]
    has_limit = any("max_tokens_to_sample" in context.flow.scopes[one].names for one in arguments)
    return "messages" if has_limit else None


def is_reply_call(node: ast.Call) -> bool:
    """`Completion(completion=…)`, or a stand-in made by keywords."""
    return any(keyword.arg == "completion" for keyword in node.keywords)


def _passes_sampling(node: ast.Call) -> bool:
    named = {keyword.arg for keyword in node.keywords}
    return "max_tokens_to_sample" in named and not named.isdisjoint(_DROPPED)


def _text(context: Context, node: ast.Constant, text: str) -> str | None:
    new = converted_name(text)
    if isinstance(context.source.parent(node), ast.Subscript):
        new = {"prompt": "messages", "max_tokens_to_sample": "max_tokens"}.get(text, new)
    elif isinstance(context.source.parent(node), ast.Compare) and text == "max_tokens_to_sample":
        new = "max_tokens"
    if _ADDRESS.search(text):
        new = _ADDRESS.sub("/v1/messages", text)
    return json.dumps(new, ensure_ascii=False) if new is not None else None


def converted_name(text: str) -> str | None:
    """The new dotted name for an old one in a string; None for anything else."""
    if "anthropic" in text and (found := re.search(r"anthropic(?:\.\w+)+", text)) is not None:
        replaced = replacement_of(found[0])
        if replaced is not None and re.fullmatch(r"[\w.]+", replaced[1]):
            return text.replace(replaced[0], replaced[1], 1).replace(".Completions", ".Messages")
        if ".completions.create" in text:
            return text.replace(".completions.create", ".messages.create")
    if re.fullmatch(r"(?:[\w.]+\.)?(?:Async)?Completions\.create", text):
        return text.replace("Completions.create", "Messages.create")
    if re.fullmatch(r"[\w.]+\.completions\.create", text):
        return text.replace(".completions.create", ".messages.create")
    return None


def _assignment(context: Context, node: ast.Assign) -> str | None:
    """`reply.completion = text`: the text becomes a block."""
    target = node.targets[0]
    if len(node.targets) == 1 and isinstance(target, ast.Attribute) and target.attr == "completion":
        content = _blocks(context, node.value)
        return f"{converted(context, target.value)}.content = {content}"
    if len(node.targets) == 1 and isinstance(target, ast.Name):
        return _class_attribute(context, node, target.id)
    return None


def _class_attribute(context: Context, node: ast.Assign, name: str) -> str | None:
    """`completions = …` and `completion = …` in the body of a fake."""
    if not isinstance(context.source.parent(node), ast.ClassDef):
        return None
    if name == "completions":
        return f"messages = {converted(context, node.value)}"
    if name == "completion":
        return f"content = {_blocks(context, node.value)}"
    return f"stop_reason = {_stop_reason(context, node.value)}" if name == "stop_reason" else None


def _has_field(node: ast.ClassDef, name: str) -> bool:
    return any(isinstance(one, ast.AnnAssign) and getattr(one.target, "id", "") == name for one in node.body)


def _with_content(context: Context, node: ast.ClassDef) -> str:
    """A class with the field `completion`, as a dataclass has it: what it is made with stays."""
    indent = " " * node.body[0].col_offset
    content = '[TextBlock(type="text", text=self.completion)]'
    return (
        f"{_spliced(context, node)}\n\n{indent}@property\n{indent}def content(self):\n"
        f"{indent}    return {content}"
    )


def _is_prompt_item(node: ast.expr) -> bool:
    """`kwargs["prompt"]`."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value == "prompt"
    )


def _asserted_turns(context: Context, node: ast.Compare | ast.Call) -> str | None:
    """A test of the whole prompt, or of how it begins and ends, as one of the turns; None for others."""
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Attribute):
            return None
        item, place = node.func.value, {"startswith": 0, "endswith": -1}.get(node.func.attr)
        text = context.evaluator.text_of(node.args[0]) if len(node.args) == 1 else None
        if place is None or not isinstance(item, ast.Subscript) or not _is_prompt_item(item) or text is None:
            return None
        bare = re.sub(r"^\s*(?:Human|Assistant):\s*|\s*(?:Human|Assistant):\s*$", "", text)
        turn = f'{converted(context, item.value)}["messages"][{place}]'
        if not bare:
            return f'{turn}["role"] == "user"'
        return f'{turn}["content"].{node.func.attr}({json.dumps(bare, ensure_ascii=False)})'
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
        return None
    for item, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        text = context.evaluator.text_of(other)
        if isinstance(item, ast.Subscript) and _is_prompt_item(item):
            holder = converted(context, item.value)
            if text is not None:
                return _turns_equal(holder, text)
            whole = f"arguments_from_prompt({context.source.node_text(other)})"
            return f'{holder}["messages"] == {whole}["messages"]'
    return None


def _turns_equal(holder: str, prompt: str) -> str | None:
    try:
        arguments = parse_prompt(prompt).to_arguments()
    except MigrationError:
        return None
    tests = (
        f"{holder}[{json.dumps(name)}] == {json.dumps(part, ensure_ascii=False)}"
        for name, part in arguments.items()
    )
    return " and ".join(tests)


def _keyword(context: Context, node: ast.keyword) -> str | None:
    value = node.value
    if node.arg == "max_tokens_to_sample":
        return f"max_tokens={converted(context, value)}"
    if node.arg == "prompt":
        return _messages(context, value)
    if node.arg == "completions":
        return f"messages={converted(context, value)}"
    if node.arg == "stop_reason" and isinstance(value, ast.Constant) and value.value == "stop_sequence":
        return 'stop_reason="end_turn"'
    if node.arg == "model":
        return f"model={_model(context, value)}"
    return None


def _model(context: Context, value: ast.expr | None) -> str:
    if value is None:
        return '"claude-opus-4-8"'
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        facts = current_model(value.value)
        return json.dumps(facts.id) if facts is not None else context.source.node_text(value)
    return context.source.node_text(value)


def _messages(context: Context, value: ast.expr) -> str:
    """Arguments for a prompt: its turns where they can be read, else the text as one user turn."""
    text = context.evaluator.text_of(value)
    source = context.source.node_text(value)
    if text is not None:
        try:
            arguments = parse_prompt(text).to_arguments()
        except MigrationError:
            return f'messages=[{{"role": "user", "content": {source}}}]'
        return ", ".join(f"{name}={json.dumps(part, ensure_ascii=False)}" for name, part in arguments.items())
    if source.rpartition(".")[2] == "ANY":
        return f"messages={source}"
    return f"**arguments_from_prompt({source})"


def _blocks(context: Context, text: ast.expr) -> str:
    return f'[TextBlock(type="text", text={context.source.node_text(text)})]'


def _reply(context: Context, node: ast.Call) -> str:
    """A reply made by hand: a `Message` for a `Completion`, else the same stand-in with new fields."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    name = context.source.node_text(node.func)
    reason = _stop_reason(context, given.get("stop_reason"))
    if name.rpartition(".")[2] == "Completion":
        content = _blocks(context, given["completion"])
        return _MESSAGE.format(model=_model(context, given.get("model")), content=content, reason=reason)
    block = f'{name}(type="text", text={context.source.node_text(given["completion"])})'
    kept = [
        converted(context, keyword)
        for keyword in node.keywords
        if keyword.arg not in ("completion", "stop_reason", "stop", "log_id", "truncated", "exception")
    ]
    return f"{name}({', '.join([*kept, f'content=[{block}]', f'stop_reason={reason}'])})"


def _stop_reason(context: Context, value: ast.expr | None) -> str:
    if value is None or (isinstance(value, ast.Constant) and value.value == "stop_sequence"):
        return '"end_turn"'
    return context.source.node_text(value)


def _dict(context: Context, node: ast.Dict) -> str | None:
    """A recorded reply, or the arguments or the body of a request, as a dict display."""
    keys = {key.value: value for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)}  # fmt: skip
    if "completion" in keys and (len(keys) == 1 or keys.keys() & {"stop_reason", "log_id", "stop"}):
        text = context.source.node_text(keys["completion"])
        content = f'[{{"type": "text", "text": {text}}}]'
        reason = _stop_reason(context, keys.get("stop_reason"))
        return _JSON_MESSAGE.format(model=_model(context, keys.get("model")), content=content, reason=reason)
    if "max_tokens_to_sample" not in keys or len(keys) != len(node.keys):
        return None
    parts: list[str] = []
    for key, value in keys.items():
        if key not in _DROPPED:
            parts += _item(context, str(key), value)
    return "{" + ", ".join(parts) + "}"


def _item(context: Context, key: str, value: ast.expr) -> list[str]:
    text = context.evaluator.text_of(value)
    if key == "max_tokens_to_sample":
        return [f'"max_tokens": {converted(context, value)}']
    if key == "model":
        return [f'"model": {_model(context, value)}']
    if key != "prompt":
        return [f"{json.dumps(key)}: {converted(context, value)}"]
    if text is not None:
        try:
            arguments = parse_prompt(text).to_arguments()
            return [
                f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}"
                for name, part in arguments.items()
            ]
        except MigrationError:
            pass  # a text without turns: one user turn, as below
    source = context.source.node_text(value)
    if source.rpartition(".")[2] == "ANY":
        return [f'"messages": {source}']
    return [f'"messages": [{{"role": "user", "content": {source}}}]']
