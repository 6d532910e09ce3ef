"""A local double of both endpoints, `/v1/complete` and `/v1/messages`, behind a real HTTP server.

It checks requests the way the server is documented to, answers the same question with the same text
over either endpoint, and records what it was asked. No network, nothing beside the standard library.

    from migrate.double import Double

    with Double() as double:
        client = anthropic.Anthropic(base_url=double.base_url, api_key="any")
        client.messages.create(...)
        print(double.requests[0].body)

`python -m migrate.double --port 8765 --record asked.jsonl` runs it by itself. A user turn with a line
`SAY: some text` makes it answer `some text`; `Double.queue` scripts errors, odd streams and stop reasons.
"""

from migrate.double.replies import Reply
from migrate.double.server import Double, Recorded

__all__ = ["Double", "Recorded", "Reply"]
