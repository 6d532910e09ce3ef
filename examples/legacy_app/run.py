"""Work through the tickets of the day and print what came out."""

import asyncio

from helpdesk import chat, drafts, headline, summary
from helpdesk.tickets import TICKETS
from helpdesk.triage import Triage


def main():
    triage = Triage()
    for ticket in TICKETS:
        print(f"# {ticket.subject}")
        print("summary: ", summary.summarize(ticket.text))
        print("queue:   ", triage.queue_of(ticket))
        print("urgency: ", triage.urgency_of(ticket))
    print("polite:  ", chat.answer("Where is my invoice?"))
    for draft in asyncio.run(drafts.write_drafts(TICKETS)):
        print("draft:   ", draft)
    headline.show(TICKETS)


if __name__ == "__main__":
    main()
