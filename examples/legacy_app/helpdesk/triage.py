"""Which queue a ticket belongs to, and how urgent it is."""

from anthropic import Anthropic

from .config import AI_PROMPT, FAST_MODEL, HUMAN_PROMPT

QUEUES = ("repairs", "orders", "other")


class Triage:
    def __init__(self, client=None):
        self.client = client or Anthropic(max_retries=3)
        self.model = FAST_MODEL

    def queue_of(self, ticket):
        """Put the words into the model's mouth, so that it names a queue and nothing else."""
        prompt = (
            f"{HUMAN_PROMPT} Which of these queues does the ticket belong to: {', '.join(QUEUES)}?\n\n"
            f"{ticket.subject}: {ticket.text}{AI_PROMPT} The ticket belongs to the queue"
        )
        completion = self.client.completions.create(
            model=self.model,
            prompt=prompt,
            max_tokens_to_sample=10,
            stop_sequences=[HUMAN_PROMPT, "."],
        )
        return completion.completion.strip()

    def urgency_of(self, ticket):
        prompt = f"{HUMAN_PROMPT} How urgent is this, from 1 to 5?\n{ticket.text}{AI_PROMPT}"
        completion = self.client.completions.create(
            model=self.model,
            prompt=prompt,
            max_tokens_to_sample=20,
            temperature=0,  # the same ticket should get the same number
            metadata={"user_id": ticket.customer},
        )
        if completion.stop_reason != "stop_sequence":
            return "unclear"
        return completion.completion.strip()
