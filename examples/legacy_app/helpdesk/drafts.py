"""Drafts of replies, several at a time."""

import asyncio

from anthropic import AI_PROMPT, HUMAN_PROMPT, AsyncAnthropic

from .config import HOUSE_STYLE, MAX_TOKENS, MODEL


async def write_draft(client: AsyncAnthropic, ticket) -> str:
    response = await client.completions.create(
        model=MODEL,
        max_tokens_to_sample=MAX_TOKENS,
        stop_sequences=["</reply>"],
        prompt=f"{HOUSE_STYLE}{HUMAN_PROMPT} Write a reply to this ticket:\n{ticket.text}{AI_PROMPT}",
    )
    return response.completion.strip()


async def write_drafts(tickets):
    async with AsyncAnthropic() as client:
        return await asyncio.gather(*(write_draft(client, ticket) for ticket in tickets))
