"""Follow the states of grown prompts through the statements that write and read them.

Each function that takes part is run over states instead of values: branches join, loops go round until
nothing new comes, a handler may start after any statement of its `try`, and a call of one of the file's
own functions is entered where it stands. A function that others may call starts from whatever state such
a function can leave behind.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence

from codemods.plans import Context
from codemods.rules.grown_prompts import Function, GrownPrompt, NotGrown, Slot, Store, Text
from codemods.rules.prompt_forms import is_own_affair
from codemods.turn_states import NotWhole, Part, State, States, after_parts

Env = dict[Slot, States]
After = Callable[[Iterable[State], Iterable[Part]], States]
_MOST_ROUNDS = 12
_DEEPEST = 6


def join(*envs: Env | None) -> Env | None:
    """Every state of each; None stands for a place that is not reached."""
    alive = [env for env in envs if env is not None]
    if not alive:
        return None
    return {slot: frozenset().union(*(env[slot] for env in alive)) for slot in alive[0]}


class Walk:
    """The states of one grown prompt. `at[node]`: the states in which a load, call or text is met."""

    def __init__(self, context: Context, grown: GrownPrompt, after: After = after_parts) -> None:
        self.context = context
        self.after = after
        self.grown = grown
        self.at: dict[ast.AST, set[State]] = {}
        self._stores: dict[ast.AST, Store] = {store.statement: store for store in grown.stores()}
        self._loads: dict[ast.expr, Slot] = {load: slot for slot in grown.slots for load in slot.loads}
        self._resting: dict[Slot, set[State]] = {slot: set() for slot in grown.slots}
        self._entered: list[ast.AST] = []
        self._loops: list[tuple[list[Env], list[Env]]] = []
        self._exits: list[list[tuple[Env, States]]] = []
        self._seen: list[list[Env]] = []
        self._functions = self._taking_part()
        try:
            self._run_all()
        except NotWhole as error:
            raise NotGrown(str(error)) from error

    def of_text(self, text: Text) -> States:
        """The states in which a text's own parts begin."""
        if text.base is None:
            return frozenset({"empty"})
        states = self.at.get(text.base, set())
        return frozenset(states)

    # -- which functions, from which states -----------------------------------------------------

    def _taking_part(self) -> list[ast.AST]:
        """Every function whose own statements write or read a slot; the module, if it does."""
        nodes: list[ast.AST] = [*self._stores, *self._loads]
        return list(dict.fromkeys(self._function_around(node) for node in nodes))

    def _function_around(self, node: ast.AST) -> ast.AST:
        current = self.context.source.parent(node)
        while current is not None and not isinstance(current, Function | ast.Lambda | ast.Module):
            current = self.context.source.parent(current)
        if current is None or isinstance(current, ast.Lambda):
            raise NotGrown("a lambda reads the prompt")
        return current

    def _run_all(self) -> None:
        for _ in range(_MOST_ROUNDS):
            before = {slot: set(states) for slot, states in self._resting.items()}
            for function in self._functions:
                if self._is_called_from_outside(function):
                    self._run_from_outside(function)
            if before == self._resting:
                return
        raise NotGrown("the prompt is put together in too many places")

    def _is_called_from_outside(self, function: ast.AST) -> bool:
        """Whether a function may start at any time, not only where this file calls it by its name."""
        if not isinstance(function, Function):
            return True
        members = self.context.templates.members
        definition = members.definition_of(function)
        if definition is None or not definition.uses or function.decorator_list:
            return True
        is_method = isinstance(self.context.source.parent(function), ast.ClassDef)
        if (is_method and not function.name.startswith("_")) or not is_own_affair(self.context, function):
            return True
        calls = [self.context.source.parent(use) for use in definition.uses]
        entered = all(
            isinstance(call, ast.Call)
            and members.function_of(call) is function
            and self._function_around(call) in self._functions
            for call in calls
        )
        return not entered or not self.context.can_edit(definition)

    def _run_from_outside(self, function: ast.AST) -> None:
        env: Env = {}
        for slot in self.grown.slots:
            if slot.kind != "returns":
                is_own = slot.owner is function
                env[slot] = frozenset({"unbound"} if is_own else self._resting[slot])
        self._seen.append([])
        ended, _ = self._run(function, env)
        met = self._seen.pop()
        for slot in env:
            ends = [*met, ended] if slot.owner is function else [ended]
            for one in ends:
                self._resting[slot] |= (one[slot] if one is not None else frozenset()) - {"unbound"}

    # -- functions ------------------------------------------------------------------------------

    def _run(self, function: ast.AST, env: Env) -> tuple[Env | None, States]:
        """The states after a function, and those of what it returns."""
        assert isinstance(function, Function | ast.Module)
        outer_loops, self._loops = self._loops, []
        self._exits.append([])
        self._entered.append(function)
        ended = self._block(function.body, env)
        self._entered.pop()
        self._loops = outer_loops
        exits = self._exits.pop()
        returned = frozenset[State]().union(*(states for _, states in exits))
        return join(ended, *(one for one, _ in exits)), returned

    def _call(self, node: ast.Call, env: Env) -> Env:
        function = self.context.templates.members.function_of(node)
        if function is None or function not in self._functions or isinstance(function, ast.Lambda):
            return env
        if function in self._entered or len(self._entered) > _DEEPEST:
            raise NotGrown("the functions that grow the prompt call each other")
        inner = {
            slot: frozenset({"unbound"}) if slot.owner is function else states for slot, states in env.items()
        }
        ended, returned = self._run(function, inner)
        self.at.setdefault(node, set()).update(returned)
        if ended is None:
            return env
        return {slot: env[slot] if slot.owner is function else ended[slot] for slot in env}

    # -- statements -----------------------------------------------------------------------------

    def _block(self, body: Sequence[ast.stmt], env: Env | None) -> Env | None:
        for statement in body:
            if env is None:
                return None
            self._note(env)
            env = self._statement(statement, env)
        self._note(env)
        return env

    def _note(self, env: Env | None) -> None:
        if env is not None:
            for met in self._seen:
                met.append(env)

    def _statement(self, node: ast.stmt, env: Env) -> Env | None:
        if isinstance(node, Function | ast.ClassDef):
            return env
        handler = getattr(self, f"_on_{type(node).__name__.lower()}", None)
        if handler is not None:
            return handler(node, env)  # type: ignore[no-any-return]
        env = self._expressions(ast.iter_child_nodes(node), env)
        store = self._stores.get(node)
        return self._stored(store, env) if store is not None else env

    def _stored(self, store: Store, env: Env) -> Env:
        states = env[store.slot] if store.grows else self.of_text(store.text)
        self.at.setdefault(store.statement, set()).update(states)
        return {**env, store.slot: self.after(states, store.text.parts)}

    def _on_return(self, node: ast.Return, env: Env) -> None:
        env = self._expressions([node.value] if node.value is not None else [], env)
        store = self._stores.get(node)
        returned: States = frozenset()
        if store is not None:
            states = self.of_text(store.text)
            self.at.setdefault(node, set()).update(states)
            returned = self.after(states, store.text.parts)
        self._exits[-1].append((env, returned))

    def _on_raise(self, node: ast.Raise, env: Env) -> None:
        self._expressions(ast.iter_child_nodes(node), env)

    def _on_if(self, node: ast.If, env: Env) -> Env | None:
        env = self._expression(node.test, env)
        return join(self._block(node.body, env), self._block(node.orelse, env))

    def _on_while(self, node: ast.While, env: Env) -> Env | None:
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return self._loop(node.body, node.orelse, env, node.test, endless)

    def _on_for(self, node: ast.For | ast.AsyncFor, env: Env) -> Env | None:
        return self._loop(node.body, node.orelse, self._expression(node.iter, env), None, False)

    _on_asyncfor = _on_for

    def _loop(
        self, body: list[ast.stmt], orelse: list[ast.stmt], env: Env, test: ast.expr | None, endless: bool
    ) -> Env | None:
        top: Env = env
        for _ in range(_MOST_ROUNDS):
            breaks: list[Env] = []
            again: list[Env] = []
            self._loops.append((breaks, again))
            tested = self._expression(test, top) if test is not None else top
            end = self._block(body, tested)
            self._loops.pop()
            joined = join(top, end, *again)
            assert joined is not None
            if joined == top:
                left = None if endless else self._block(orelse, tested)
                return join(left, *breaks)
            top = joined
        raise NotGrown("a loop changes the prompt in too many ways")

    def _on_break(self, node: ast.Break, env: Env) -> None:
        self._loops[-1][0].append(env)

    def _on_continue(self, node: ast.Continue, env: Env) -> None:
        self._loops[-1][1].append(env)

    def _on_with(self, node: ast.With | ast.AsyncWith, env: Env) -> Env | None:
        return self._block(node.body, self._expressions([item.context_expr for item in node.items], env))

    _on_asyncwith = _on_with

    def _on_try(self, node: ast.Try, env: Env) -> Env | None:
        """A handler sees every state of the body; a question whose call raised has failed there."""
        self._seen.append([env])
        ended = self._block(node.body, env)
        met = self._seen.pop()
        broken = join(*({slot: _failed(states) for slot, states in one.items()} for one in met))
        assert broken is not None
        ends = [self._block(node.orelse, ended)]
        ends.extend(self._block(handler.body, broken) for handler in node.handlers)
        joined = join(*ends)
        if not node.finalbody:
            return joined
        after = self._block(node.finalbody, join(joined, broken))
        return after if joined is not None else None

    _on_trystar = _on_try

    def _on_match(self, node: ast.Match, env: Env) -> Env | None:
        env = self._expression(node.subject, env)
        return join(env, *(self._block(case.body, env) for case in node.cases))

    # -- expressions ----------------------------------------------------------------------------

    def _expressions(self, nodes: Iterable[ast.AST], env: Env) -> Env:
        for node in nodes:
            env = self._expression(node, env)
        return env

    def _expression(self, node: ast.AST, env: Env) -> Env:
        if isinstance(node, ast.Lambda):
            return env
        if isinstance(node, ast.Name | ast.Attribute) and node in self._loads:
            slot = self._loads[node]
            self.at.setdefault(node, set()).update(env.get(slot, self._resting[slot]))
        after = self._expressions(_in_order(node), env)
        if isinstance(node, ast.Call):
            after = self._call(node, after)
        if isinstance(node, ast.IfExp | ast.BoolOp | ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return join(env, after) or env
        return after


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield from ast.iter_child_nodes(node)


def _failed(states: States) -> States:
    return frozenset("failed" if state == "asked" else state for state in states)
