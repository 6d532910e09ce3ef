"""A headline for the day's tickets, printed as it is written."""

from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic


def show(tickets):
    client = Anthropic()
    subjects = ", ".join(ticket.subject for ticket in tickets)
    stream = client.completions.create(
        model="claude-2.1",
        max_tokens_to_sample=60,
        prompt=f"{HUMAN_PROMPT} One headline for these tickets: {subjects}{AI_PROMPT}",
        stream=True,
    )
    for chunk in stream:
        print(chunk.completion, end="", flush=True)
    print()
