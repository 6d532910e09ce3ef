"""Uses two libraries that know completions only, through ``install()``; prints what they gave.

Run in an environment with SDK 2.x, llm-claude 0.4.0 and langchain-community 0.0.20.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import warnings

import migrate

warnings.simplefilter("ignore")
migrate.install()
os.environ.update(ANTHROPIC_API_KEY="any", ANTHROPIC_BASE_URL=sys.argv[1], LLM_USER_PATH=tempfile.mkdtemp())

import llm  # noqa: E402  (reads the constants that install() put there)
from langchain_community.llms import Anthropic  # noqa: E402

model = llm.get_model("claude-2")
talk = model.conversation()
talk.prompt("SAY: first", stream=False).text()
chain = Anthropic(anthropic_api_url=sys.argv[1], model="claude-2.1", max_tokens_to_sample=64, temperature=0)


async def waited() -> list[object]:
    return [await chain.ainvoke("SAY: later"), [piece async for piece in chain.astream("SAY: a b")]]


found = {
    "llm": model.prompt("SAY: Hello", stream=False).text(),
    "llm streamed": list(model.prompt("SAY: one two", stream=True)),
    "llm conversation": talk.prompt("SAY: second", stream=False).text(),
    "langchain": chain.invoke("SAY: one two three", stop=["three"]),
    "langchain streamed": list(chain.stream("SAY: one two")),
    "langchain async": asyncio.run(waited()),
}
print(json.dumps(found))
