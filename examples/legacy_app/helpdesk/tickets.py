"""The tickets: in real life these came from a mailbox."""

from dataclasses import dataclass


@dataclass
class Ticket:
    subject: str
    text: str
    customer: str = "guest"


TICKETS = [
    Ticket("Squeaking brakes", "My brakes squeak since the last service. Can you have a look?", "c-1042"),
    Ticket("Wrong pedals", "I ordered flat pedals and got clipless ones.\nI need them by Friday!"),
]
