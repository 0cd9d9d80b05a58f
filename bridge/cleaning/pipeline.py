"""The order in which a raw message is cleaned; each step is a function of its own."""

from dataclasses import dataclass

from bridge.cleaning.door import door_text
from bridge.cleaning.forwards import unwrap_forward
from bridge.cleaning.greetings import strip_greeting
from bridge.cleaning.html import html_to_text, looks_like_html
from bridge.cleaning.machine_mail import nature_of
from bridge.cleaning.quotes import strip_quotes
from bridge.cleaning.signatures import is_closing, strip_ending
from bridge.cleaning.transcripts import customer_lines
from bridge.domain.contacts import ContactNature

_COMMENT_WORDS = 8


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The part of a message that states the problem, not yet redacted.

    `was_cut` says that the raw text was longer than allowed.
    """

    text: str
    nature: ContactNature
    was_cut: bool


def clean(raw: str, *, subject: str | None, max_bytes: int) -> Cleaned:
    """Take away HTML, the other side, quotes, greetings and endings; else the subject counts."""
    text, was_cut = door_text(raw, max_bytes=max_bytes)
    if looks_like_html(text):
        text = html_to_text(text)
    text = customer_lines(text)
    own_subject = subject.strip() if subject is not None else ""
    body = _stated(_own_text(text, subject=own_subject))
    if not body:
        body, _ = door_text(own_subject, max_bytes=min(max_bytes, 1000))
    return Cleaned(body, nature_of(body, subject=own_subject), was_cut)


def _own_text(text: str, *, subject: str) -> str:
    """The forwarded complaint, or what the customer wrote above, between or below quotes."""
    forward = unwrap_forward(text, subject=subject)
    if forward is None:
        return strip_quotes(text)
    comment = _stated(forward.comment)
    # "FYI, see below" says nothing; a longer comment is the customer's own statement.
    says_more = len(comment.split()) >= _COMMENT_WORDS
    is_comment = says_more and nature_of(comment, subject="") is ContactNature.MESSAGE
    return f"{comment}\n\n{forward.text}" if is_comment else forward.text


def _stated(text: str) -> str:
    """The text without salutation and ending; when nothing else is there, the last salutation."""
    lines = [line.rstrip() for line in text.split("\n")]
    opened = strip_greeting(lines)
    first = next((line for line in opened if line.strip()), "")
    if not first or is_closing(first):
        return "\n".join(strip_ending(lines)).strip()
    return "\n".join(strip_ending(opened)).strip()
