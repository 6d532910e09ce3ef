"""Answers in the tone of the house, shown by an example."""

from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic

from helpdesk.config import HOUSE_STYLE, MAX_TOKENS, MODEL


def answer(question):
    client = Anthropic()
    reply = client.completions.create(
        model=MODEL,
        max_tokens_to_sample=MAX_TOKENS,
        prompt=(
            HOUSE_STYLE
            + HUMAN_PROMPT
            + " When do you open?"
            + AI_PROMPT
            + " At nine, every day but Sunday."
            + HUMAN_PROMPT
            + " "
            + question
            + AI_PROMPT
        ),
    )
    return reply.completion.strip()
