"""What the rest of the help desk agrees on."""

from anthropic import AI_PROMPT, HUMAN_PROMPT

MODEL = "claude-2.1"
FAST_MODEL = "claude-instant-1.2"

# Generous for a paragraph, too small for an essay.
MAX_TOKENS = 400

HOUSE_STYLE = "You work at the help desk of a bicycle shop. You are brief and never promise a refund."
