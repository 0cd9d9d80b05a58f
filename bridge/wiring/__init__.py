"""The only place that names real integrations, encoders and jobs."""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bridge.cleaning import clean
from bridge.domain.errors import NotConfigured, TryAgainLater
from bridge.ports import Notifier, Webhook
from bridge.queue import InlineQueue, ProcrastinateQueue, Queue
from bridge.settings import Settings
from bridge.steps import (
    assign,
    check_in,
    consolidate,
    copies,
    draft_correction,
    existing,
    expire,
    faq,
    file,
    folding,
    follow_duplicate,
    follow_up,
    follow_version,
    foreign,
    hear_answer,
    kinds,
    letter_sending,
    name_ticket,
    narrowed,
    notify,
    parts,
    poll,
    receive,
    refresh,
    regress,
    reopen,
    report,
    review,
    second_look,
    snooze,
    sweep,
    tell_workaround,
    templates,
    track,
    watch,
    withdraw,
)
from bridge.steps.context import Cleaner, Context
from bridge.steps.signals import read_left
from bridge.store import Engine, Store, embedded, make_engine, migrate, open_store
from bridge.store.secrets import Secrets, key_bytes, read_or_make_key
from bridge.wiring.channels import Channels
from bridge.wiring.jira import Trackers
from bridge.wiring.signals import SIGNALS
from bridge.wiring.zendesk import WorkaroundStores
from integrations.jira.webhook import JiraWebhook
from integrations.smtp.notifier import SmtpNotifier
from integrations.smtp.settings import SmtpSettings
from models.encoders.base import Encoder, EncoderError
from models.encoders.loading import DEFAULT, ENGLISH_ONLY, HASHING, load_encoder
from models.encoders.multilingual import MultilingualEncoder
from models.encoders.routed import taught_by
from models.encoders.weights import MODEL_NAME
from models.settings import FinderSettings

JOBS: Mapping[str, Callable[..., None]] = {
    "receive": receive.receive,
    "read_left": read_left,
    "assign": assign.assign,
    "judge": kinds.judge,
    "recount": follow_up.recount,
    "parts": parts.place_waiting,
    "templates": templates.learn_templates,
    "translate": foreign.translate,
    "consolidate": consolidate.consolidate,
    "consolidate_all": consolidate.consolidate_all,
    "second_look": second_look.second_look,
    "promote": review.promote,
    "file": file.file_ticket,
    "refresh": refresh.refresh_ticket,
    "adopt": name_ticket.adopt_ticket,
    "sweep": sweep.sweep,
    "sweep_all": sweep.sweep_all,
    "read_existing": existing.read_existing,
    "read_all_existing": existing.read_all_existing,
    "part": folding.part,
    "follow_duplicate": follow_duplicate.follow_duplicate,
    "poll": poll.poll,
    "poll_all": poll.poll_all,
    "track": track.track,
    "release": follow_version.release,
    "correct": withdraw.correct,
    "reopen": reopen.reopen,
    "notify": notify.notify,
    "report": report.report,
    "report_all": report.report_all,
    "send_report": report.send_report,
    "send_due": notify.send_due,
    "plan_letters": letter_sending.plan_letters,
    "check_in": check_in.check_in,
    "draft_correction": draft_correction.draft_correction,
    "wake": snooze.wake,
    "watch": watch.watch,
    "hear_answer": hear_answer.hear_answer,
    "came_back": regress.came_back,
    "verify": watch.verify,
    "note": watch.note,
    "sync_copy": copies.sync_copy,
    "check_copies": copies.check_copies,
    "name_versions": narrowed.name_versions,
    "suggest_faqs": faq.suggest_faqs,
    "remind": tell_workaround.remind,
    "expire": expire.expire,
}
"""Job name to step function; the first argument is the Context, the rest are the job's own."""

WEBHOOKS: Mapping[str, Webhook] = {"jira": JiraWebhook()}

log = structlog.get_logger()


@dataclass(frozen=True)
class Application:
    """Everything a process needs, wired together; close it when done."""

    settings: Settings
    engine: Engine
    queue: Queue
    context: Context
    conninfo: str
    """libpq connection string of the database, for the queue's worker and the dump commands."""
    server: embedded.EmbeddedServer | None
    """The embedded database, when that is what runs."""

    def open(self) -> AbstractContextManager[Store]:
        """One block, one transaction."""
        return self.context.open()

    def jobs(self) -> dict[str, Callable[..., None]]:
        """The jobs with their context, ready to be called with their own arguments."""
        return {name: functools.partial(step, self.context) for name, step in JOBS.items()}

    def close(self) -> None:
        """Give connections back, and stop the embedded database if nobody else uses it."""
        self.engine.dispose()
        if self.server is not None:
            embedded.stop_if_unused(self.server)


def build(
    settings: Settings,
    *,
    queue: Queue | None = None,
    now: Callable[[], datetime] | None = None,
    database: str = "bridge",
    say: Callable[[str], None] = log.info,
) -> Application:
    """Start or reach the database, bring its schema up to date, and wire everything."""
    data_dir = settings.data_dir.resolve()
    settings = settings.model_copy(update={"data_dir": data_dir})
    server = None
    if settings.database_url is None:
        server = embedded.start(data_dir, databases=(database,), say=say)
        url, conninfo = server.url(database), server.conninfo(database)
    else:
        url = with_driver(settings.database_url.get_secret_value())
        conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
    secrets = Secrets(key_bytes(_secret_key(settings)))
    engine = make_engine(url, is_scratch=isinstance(queue, InlineQueue))
    migrate.upgrade(engine)
    own_queue = queue or ProcrastinateQueue()
    clock = now or _utc_now
    opened = functools.partial(open_store, engine, own_queue)
    context = Context(
        settings=settings,
        secrets=secrets,
        open=opened,
        now=clock,
        encoder=_lazily(settings, say),
        foreign=_foreign(settings),
        finder=_thresholds(settings),
        channel=Channels(secrets, now=clock),
        tracker=Trackers(secrets, now=clock, open_store=opened),
        webhooks=WEBHOOKS,
        signals=SIGNALS,
        notifiers=_notifiers(settings),
        workaround_store=WorkaroundStores(secrets),
    )
    application = Application(settings, engine, own_queue, context, conninfo, server)
    if isinstance(own_queue, InlineQueue):
        own_queue.jobs.update(application.jobs())
    return application


@contextmanager
def running(settings: Settings) -> Iterator[Application]:
    """An application for the length of a block."""
    application = build(settings)
    try:
        yield application
    finally:
        application.close()


def for_replay(
    application: Application,
    encoder: Encoder | None = None,
    *,
    cleaner: Cleaner = clean,
    waits_for_review: Callable[[], bool] = lambda: False,
) -> Application:
    """The same application, consolidating only when told to, perhaps with texts made ready."""
    context = replace(
        application.context,
        consolidate_soon=False,
        clean=cleaner,
        waits_for_review=waits_for_review,
    )
    if encoder is not None:
        context = replace(context, encoder=lambda: encoder)
    changed = replace(application, context=context)
    if isinstance(changed.queue, InlineQueue):
        changed.queue.jobs.update(changed.jobs())
    return changed


def finder_parts(
    settings: Settings, *, say: Callable[[str], None]
) -> tuple[Encoder, FinderSettings]:
    """The encoder of these settings and the thresholds that go with it, for use without a database.

    Raises TryAgainLater when no encoder can run.
    """
    absolute = settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
    return _lazily(absolute, say)(), _thresholds(settings)


def reader_of(
    texts: Sequence[str], encoder: Encoder, settings: Settings, *, say: Callable[[str], None]
) -> Encoder:
    """The encoder for these texts in whatever language, the English ones among them teaching."""
    foreign = _foreign(settings)
    if foreign is None:
        return encoder
    try:
        return taught_by(texts, encoder, foreign())
    except EncoderError as error:
        say(f"contacts in other languages are read as if they were English: {error}")
        return encoder


def exported_encoder(settings: Settings, *, say: Callable[[str], None]) -> Path | None:
    """The folder of the exported encoder of these settings, made now if it is missing.

    None when the settings ask for another encoder.
    """
    _lazily(settings.model_copy(update={"data_dir": settings.data_dir.resolve()}), say)()
    if settings.encoder != DEFAULT:
        return None
    return _absolute(settings.model_dir) or settings.data_dir.resolve() / "encoders" / MODEL_NAME


def with_driver(url: str) -> str:
    """The database URL with the driver we use, whichever common prefix it came with."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise NotConfigured("DATABASE_URL must begin with postgresql://")


def _thresholds(settings: Settings) -> FinderSettings:
    return FinderSettings.for_hashing() if settings.encoder == HASHING else FinderSettings()


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _secret_key(settings: Settings) -> str:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    if settings.secret_key_file is not None:
        try:
            return settings.secret_key_file.read_text()
        except OSError as error:
            raise NotConfigured(f"BRIDGE_SECRET_KEY_FILE cannot be read: {error}") from error
    if settings.database_url is not None:
        raise NotConfigured(
            "set BRIDGE_SECRET_KEY or BRIDGE_SECRET_KEY_FILE: with DATABASE_URL no key is made"
        )
    return read_or_make_key(settings.data_dir / "secret.key")


def _lazily(settings: Settings, say: Callable[[str], None]) -> Callable[[], Encoder]:
    """Load the encoder once, when first needed; a later call tries again after a failure."""
    lock = threading.Lock()
    loaded: list[Encoder] = []

    def encoder() -> Encoder:
        with lock:
            if not loaded:
                try:
                    loaded.append(
                        load_encoder(
                            settings.encoder,
                            model_dir=_absolute(settings.model_dir),
                            data_dir=settings.data_dir,
                            threads=settings.encoder_threads,
                            say=say,
                        )
                    )
                except EncoderError as error:
                    raise TryAgainLater(f"issue finding is paused: {error}") from error
            return loaded[0]

    return encoder


def _foreign(settings: Settings) -> Callable[[], Encoder] | None:
    """The encoder of many languages beside an English one, loaded once, when first needed."""
    if settings.encoder not in ENGLISH_ONLY:
        return None
    lock = threading.Lock()
    loaded: list[Encoder] = []

    def encoder() -> Encoder:
        with lock:
            if not loaded:
                loaded.append(MultilingualEncoder(threads=settings.encoder_threads))
            return loaded[0]

    return encoder


def _absolute(path: Path | None) -> Path | None:
    return path.resolve() if path else None


def _notifiers(settings: Settings) -> tuple[Notifier, ...]:
    if settings.smtp_host is None:
        return ()
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return (
        SmtpNotifier(
            SmtpSettings(
                host=settings.smtp_host,
                port=settings.smtp_port,
                user=settings.smtp_user,
                password=password,
                sender=settings.smtp_from,
                starttls=settings.smtp_starttls,
            )
        ),
    )
