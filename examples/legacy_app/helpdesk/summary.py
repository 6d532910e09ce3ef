"""One sentence about a ticket."""

import anthropic

client = anthropic.Anthropic()


def summarize(text):
    """Sum a ticket up; says so when the answer was cut off."""
    response = client.completions.create(
        model="claude-2.1",
        max_tokens_to_sample=300,
        prompt=f"{anthropic.HUMAN_PROMPT} Summarize this ticket in one sentence:\n\n{text}{anthropic.AI_PROMPT}",
    )
    if response.stop_reason == "max_tokens":
        return response.completion.strip() + " [...]"
    return response.completion.strip()
