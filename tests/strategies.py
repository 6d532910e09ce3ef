"""Hypothesis strategies for prompts and conversations, rich in what tears a parser apart."""

from __future__ import annotations

from hypothesis import strategies as st

from migrate.prompts import AI_PROMPT, HUMAN_PROMPT, Conversation, Message, scan_markers

# Lone surrogates stand beside a letter: a high one directly before a low one is one character in JSON.
SURROGATES = ("\ud800x", "x\udfff")
SPACES = (*" \t\r\v\f\u00a0\ufeff\u2028\u2029\u0085", "  ", "\r\n")
NEAR_MISSES = (
    *("\nHuman:", "\nAssistant:", "\n\nhuman:", "\n\nHuman :", "\n\n Human:", "\n \nAssistant:"),
    *("\r\n\r\nHuman:", "\r\n\r\nAssistant:", "\n\r\nAssistant:", "\\n\\nHuman:", "\\n\\nAssistant:"),
)
PARTS_OF_MARKERS = (
    "\n",
    "\n\n",
    "\n\n\n",
    "Human",
    "Human:",
    "Assistant",
    "Assistant:",
    "uman:",
    ":",
    "\n\nH",
)
WORDS = ("a", "Hello", "{", '"', "\\", "é", "🌞", "\x00")
MARKER_TEXTS = (HUMAN_PROMPT, AI_PROMPT, HUMAN_PROMPT + " ", AI_PROMPT + " ")

_plain = (*SURROGATES, *SPACES, *NEAR_MISSES, *PARTS_OF_MARKERS, *WORDS)


def joined(*fragments: str, max_size: int = 6) -> st.SearchStrategy[str]:
    """Texts made by joining some of the fragments, and now and then any characters."""
    piece = st.sampled_from(fragments) | st.text(max_size=3)
    return st.lists(piece, max_size=max_size).map("".join)


blanks = st.lists(st.sampled_from((*SPACES, "\n", "\n\n", "")), max_size=3).map("".join)

#: Anything: most are no prompts, some are by accident.
any_texts = joined(*_plain, *MARKER_TEXTS, *MARKER_TEXTS, max_size=12) | st.text()

#: Texts of one turn: no marker inside, and a word so that they are not blank.
turn_texts = (
    st.tuples(joined(*_plain, max_size=3), st.sampled_from((*WORDS, "\u3000")), joined(*_plain, max_size=3))
    .map("".join)
    .filter(lambda text: not scan_markers(text))
)


@st.composite
def prompts(draw: st.DrawFn) -> str:
    """Prompts, most of them accepted: markers in a fair order with torn texts between."""
    opening = draw(st.sampled_from((HUMAN_PROMPT, HUMAN_PROMPT, "Human:", "\nHuman:")))
    before = draw(st.just("") | blanks | turn_texts)
    markers = draw(st.lists(st.sampled_from(MARKER_TEXTS), max_size=5))
    turns = [draw(st.sampled_from(("", " ", "  "))) + draw(turn_texts) for _ in range(len(markers) + 1)]
    middle = "".join(text + marker for text, marker in zip(turns, [*markers, AI_PROMPT], strict=True))
    return before + opening + middle + draw(blanks | turn_texts)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Valid conversations, with every kind of layout."""
    first = draw(messages(roles=("user",)))
    rest = draw(st.lists(messages(), max_size=4))
    system = draw(st.none() | turn_texts.filter(lambda text: not text.startswith(("Human:", "\nHuman:"))))
    opening = "\n\n"
    if system is None:
        opening = draw(st.sampled_from(("", "\n")) | blanks.map(lambda text: text + "\n\n"))
    prefill = draw(st.none() | turn_texts)
    if prefill is None:
        return Conversation(system, (first, *rest), None, opening, tail=draw(blanks))
    separator = draw(separators(prefill))
    return Conversation(system, (first, *rest), prefill, opening, separator)


@st.composite
def messages(draw: st.DrawFn, roles: tuple[str, ...] = ("user", "assistant")) -> Message:
    content = draw(turn_texts)
    return Message(draw(st.sampled_from(roles)), content, draw(separators(content)))


def separators(content: str) -> st.SearchStrategy[str]:
    """Without a separator, a leading space of the text would be taken for one."""
    return st.just(" ") if content.startswith(" ") else st.sampled_from((" ", ""))


#: Conversations with anything in their fields: most cannot be rendered.
any_conversations = st.builds(
    Conversation,
    st.none() | any_texts,
    st.lists(
        st.builds(
            Message,
            st.sampled_from(("user", "assistant", "tool")),
            any_texts,
            st.sampled_from((" ", "", "\n")),
        ),
        max_size=4,
    ),
    st.none() | any_texts,
    st.sampled_from(("\n\n", "", "\n", " \n\n", "x\n\n", " ")),
    st.sampled_from((" ", "", "  ")),
    st.sampled_from(("", " ", "x")),
)
