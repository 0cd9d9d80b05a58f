"""What discover leaves out of a file before it looks for issues: common lines, and chatter."""

from collections.abc import Sequence

import pytest

from bridge.discover.common_lines import without_common_lines
from bridge.discover.grouping import group
from bridge.discover.preparing import FileContact
from bridge.domain.contacts import ContactNature, RedactedText
from models.encoders.hashing import HashingEncoder
from models.encoders.sentence import SentenceEncoder
from models.encoders.weights import checked_weights
from models.settings import FinderSettings

FOOTER = "Sent with the contact form of our shop"
SUBJECTS = (
    "the lamp flickers at night",
    "my parcel was never delivered",
    "the invoice shows a wrong sum",
    "cannot log in with my phone",
    "export to pdf stops half way",
    "please tell me your opening hours",
    "the red paint peels off after rain",
    "battery is empty within one hour",
    "wrong size of shoes was sent",
    "where do I change my password",
    "coupon code gives no discount",
    "video has no sound on tablets",
)


def contacts(texts: Sequence[str]) -> list[FileContact]:
    return [
        FileContact(str(number), RedactedText(text), ContactNature.MESSAGE, None)
        for number, text in enumerate(texts)
    ]


def sifted(texts: Sequence[str]) -> list[str]:
    encoder = HashingEncoder()
    settings = FinderSettings.for_hashing()
    return [one.text for one in without_common_lines(contacts(texts), encoder, settings)]


def test_a_line_under_contacts_of_all_kinds_is_left_out() -> None:
    texts = [f"{subject}\n{FOOTER}" for subject in SUBJECTS * 2]
    assert sifted(texts) == list(SUBJECTS * 2)


def test_a_line_that_few_share_stays() -> None:
    texts = [f"{subject}\n{FOOTER}" for subject in SUBJECTS]
    assert sifted(texts) == texts


def test_a_line_of_one_issue_stays() -> None:
    line = "Error 4711: cannot open the export"
    texts = [
        f"the export to pdf stops at page {word}\n{line}" for word in "abcdefghijklmnopqrstuvwx"
    ]
    assert sifted([*SUBJECTS, *texts]) == [*SUBJECTS, *texts]


def test_other_contacts_are_not_touched() -> None:
    odd = FileContact("0", RedactedText(f"Hello\n{FOOTER}"), ContactNature.CHATTER, None)
    rest = contacts([f"{subject}\n{FOOTER}" for subject in SUBJECTS * 2])
    found = without_common_lines([odd, *rest], HashingEncoder(), FinderSettings.for_hashing())
    assert found[0] is odd


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(checked_weights())


def test_thanks_make_no_issue_however_many(encoder: SentenceEncoder) -> None:
    thanks = [
        "Thank you so much for your kind help",
        "Thanks a lot, you were very helpful",
        "Many thanks for the kind help today",
        "Thank you very much, you are very kind",
        "Thanks for your help, have a nice day",
        "Thank you all for helping me so kindly",
    ]
    lamps = [f"The lamp in the {room} flickers at night" for room in ("hall", "bath", "attic")]
    lamps += [f"Our {room} lamp is flickering every night" for room in ("kitchen", "cellar", "cot")]
    found = group(
        contacts([*thanks, *lamps]),
        encoder,
        settings=FinderSettings(),
        min_contacts=3,
        watch=lambda *_: None,
    )
    assert found.chatter <= frozenset(range(len(thanks)))
    assert len(found.chatter) >= len(thanks) - 1
    assert [sorted(rows.tolist()) for rows in found.groups] == [list(range(6, 12))]
