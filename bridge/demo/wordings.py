"""The shape of the sentences the demo is made of: one block per topic and language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wordings:
    """How customers put one problem in one language.

    Sentences may hold slots such as ``{day}`` or ``{client}``; `bridge.demo.slots` fills them.
    """

    about: str
    """A noun phrase for follow-ups: "any news on ...?"."""
    subjects: tuple[str, ...]
    said: tuple[str, ...]
    """Whole statements of the problem, each good on its own."""
    more: tuple[str, ...] = ()
    """Sentences that may follow any of `said`."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text about no issue at all: a question, praise, a sales pitch, thanks, spam."""

    subject: str
    text: str
    is_from_stranger: bool = False
    """Sellers, applicants and people who meant somebody else are no customers."""


@dataclass(frozen=True, slots=True)
class Manners:
    """The small change of letters and calls in one language."""

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    chat_openers: tuple[str, ...]
    call_openers: tuple[str, ...]
    """Slots ``{name}`` and ``{company}``."""
    call_closers: tuple[str, ...]
    """Slot ``{phone}``."""
    private_call_openers: tuple[str, ...]
    call_dialogue: str
    """Slots ``{agent} {opener} {body} {account_number}``."""
    fillers: tuple[str, ...]
    context: tuple[str, ...]
    """Sentences that fit any problem: urgency, what was tried, what is asked for."""
    follow_ups: tuple[str, ...]
    """Slots ``{about}`` and ``{day}``; good on their own."""
    follow_up_openers: tuple[str, ...]
    """Stand before a fresh statement of the problem."""
    roles: tuple[str, ...]
    quote_header: str
    """Slots ``{weekday} {date} {time} {sender}``."""
    quoted_answers: tuple[str, ...]
    """What the agent wrote before; slots ``{first}`` and ``{agent}``."""
    solving_answers: tuple[str, ...]
    """The same, when the answer helped."""
    device_lines: tuple[str, ...]
    disclaimer: str
    card_lines: tuple[str, ...]
    """Slot ``{card}``."""
    phone_word: str
