"""Notices by a real mail server that takes mails and does not always say so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import pytest

from bridge.domain.messages import MessageState
from bridge.domain.people import MACHINE
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling, tell_fix
from integrations.smtp.notifier import SmtpNotifier
from integrations.smtp.settings import SmtpSettings
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline
from tests.contract.test_smtp import MailHost, listening


@pytest.fixture
def mail() -> Iterator[tuple[MailHost, SmtpSettings]]:
    """A mail server on loopback."""
    host = MailHost()
    with listening(host) as found:
        yield host, found


def test_a_fix_goes_by_mail_once_and_again_under_its_id_when_the_answer_is_lost(
    pipeline: Pipeline, mail: tuple[MailHost, SmtpSettings]
) -> None:
    """The server takes the mail and hangs up, then takes it and says so."""
    host, mail_settings = mail
    notifier = SmtpNotifier(mail_settings)
    pipeline.rewire(replace(pipeline.application.context, notifiers=[notifier]))
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    host.hangs_up = True
    context = pipeline.application.context
    with context.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
        telling = Telling(pipeline.product, store, context, Cause(MACHINE, START))
        tell_fix(issue, "4.2", [], telling=telling)
    pipeline.queue.drain(pipeline.clock.moment)
    host.hangs_up = False
    pipeline.clock.advance(pipeline.clock.moment + timedelta(minutes=1), pipeline.queue)
    with context.open() as store:
        (sent,) = store.messages.search(pipeline.product.id, (), limit=9)
        assert len(store.notices.of_person(pipeline.product.id, None)) == 1
    ids = [message_from_bytes(one.content or b"")["Message-ID"] for one in host.mails]
    assert (sent.state, sent.attempts) == (MessageState.SENT, 2)
    assert len(ids) == 2
    assert len(set(ids)) == 1
