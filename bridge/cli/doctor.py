"""`bridge doctor`: looks at everything and says in plain words what to mend, and how."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.config import Finding, check_configuration, report
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.domain.errors import BridgeError, NotFound
from bridge.domain.tickets import FilingState
from bridge.settings import Settings
from bridge.store import Store, migrate
from bridge.store.deliveries import DeliveryState
from bridge.wiring import Application
from bridge.wiring.dumps import newest_dump
from bridge.wiring.signals import SIGNALS
from models.encoders.base import EncoderError
from models.encoders.routed import NO_READER

app = new_app()
_LITTLE_SPACE = 1024**3
_CLOCK_DRIFT = timedelta(seconds=5)
_SLOW_QUEUE = timedelta(minutes=10)
_LATELY = timedelta(days=1)
_WORDS = {
    FilingState.REFUSED: "the tracker refused the ticket",
    FilingState.PARKED: "nobody is sure whether the tracker made the ticket",
    FilingState.UNCERTAIN: "an answer got lost; the bridge looks before it tries again",
}
_FIXES = {
    FilingState.REFUSED: "put that right, then bridge issues file {name}",
    FilingState.PARKED: "look in the tracker: bridge issues link {name} KEY if the ticket exists, "
    "bridge issues file {name} --again if not",
    FilingState.UNCERTAIN: "",
}
_NUMBERS = {
    FilingState.PLANNED: "wait to be sent",
    FilingState.SENDING: "being sent",
    FilingState.UNCERTAIN: "being checked with the tracker",
    FilingState.REFUSED: "refused by the tracker",
    FilingState.PARKED: "waiting for a person to look",
    FilingState.LINKED: "with their ticket",
    FilingState.UNLINKED: "taken off their ticket",
}
_CHANNELS = {"smtp": "mails"}
_CONNECT = "correct it and run bridge jira connect again"


@app.command()
def doctor(
    consistency: Annotated[
        bool, typer.Option("--consistency", help="Look for broken promises in the data too.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge doctor
      bridge doctor --consistency --json

    Check configuration, database, encoder, connections, filings, contacts, messages, jobs, disk
    and clock. Each finding says how to mend it; exit code 1 when something is wrong.
    """
    findings = check_configuration(data_dir)
    if all(one.ok for one in findings if one.check != "variables"):
        findings += _check_all(read_settings(data_dir), consistency=consistency)
    report(findings, as_json=as_json)


def _check_all(settings: Settings, *, consistency: bool) -> list[Finding]:
    found = [_disk(settings.data_dir)]
    try:
        with opened(settings) as application:
            found += _database(application)
            found.append(_encoder(application))
            found += _languages(application)
            with application.open() as store:
                now = application.context.now()
                found += _installation(store, application.settings)
                found += look_over(store, now)
                if consistency:
                    found += _consistency(store, now)
    except NotFound as error:
        found.append(Finding("database", False, str(error), "bridge serve begins one"))
    except BridgeError as error:
        found.append(Finding("database", False, str(error), "start it, or correct DATABASE_URL"))
    return found


def look_over(store: Store, now: datetime) -> list[Finding]:
    """What the database tells of connections, filings, contacts, messages and jobs."""
    looks = (_connections, _signals, _filings, _contacts, _messages, _owners, _jobs)
    return [one for look in looks for one in look(store, now)]


def _database(application: Application) -> Iterator[Finding]:
    with application.open() as store:
        facts = store.invariants.server()
    server = application.server
    kind = "embedded, not for production" if server else "your own server"
    yield Finding(
        "database", True, f"PostgreSQL {facts.version}, pgvector {facts.pgvector}, {kind}"
    )
    is_current = migrate.is_current(application.engine)
    fix = "" if is_current else "run bridge db upgrade with this version of the bridge"
    yield Finding("schema", is_current, "current" if is_current else "another version's", fix)
    drift = abs(datetime.now(UTC) - facts.now)
    fix = "" if drift < _CLOCK_DRIFT else "let both machines keep time with NTP"
    yield Finding("clock", drift < _CLOCK_DRIFT, f"{drift.total_seconds():.1f} s apart", fix)
    if server is not None:
        newest = newest_dump(application.settings.data_dir)
        detail = f"newest nightly dump: {newest.name}" if newest else "no nightly dump yet"
        yield Finding("dumps", True, detail, "" if newest else "bridge db dump makes one now")


def _disk(data_dir: Path) -> Finding:
    folder = next(one for one in (data_dir.resolve(), *data_dir.resolve().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    fix = "" if free > _LITTLE_SPACE else "make room: the database stops when the disk is full"
    return Finding("disk", free > _LITTLE_SPACE, f"{free / 1024**3:.1f} GiB free", fix)


def _encoder(application: Application) -> Finding:
    try:
        return Finding("encoder", True, application.context.encoder().describe())
    except BridgeError as error:
        return Finding("encoder", False, str(error), "contacts are accepted and wait meanwhile")


def _languages(application: Application) -> Iterator[Finding]:
    """Whether contacts in other languages than English can be read."""
    if application.context.foreign is None:
        return
    try:
        detail = application.context.foreign().describe()
        yield Finding("languages", True, f"others than English: {detail}")
    except EncoderError as error:
        fix = "contacts in other languages are set aside meanwhile, and taken up afterwards"
        yield Finding("languages", False, str(error), fix)


def _installation(store: Store, settings: Settings) -> Iterator[Finding]:
    """Where the server says the pages are, and by what workers send."""
    known, ours = store.installation.read(), settings.public_url.rstrip("/")
    if known.public_url is None:
        yield Finding("server", True, "none has run yet: links are the default's")
    elif known.public_url != ours:
        detail = f"its links start with {known.public_url}, those made here with {ours}"
        yield Finding("server", False, detail, "set BRIDGE_PUBLIC_URL alike everywhere")
    else:
        yield Finding("server", True, f"links start with {known.public_url}")
    if known.worker_at is not None:
        yield Finding("workers", True, *_sends(known.channels))


def _sends(channels: Sequence[str]) -> tuple[str, str]:
    """How the newest worker sends, and what would make it send mails."""
    if "smtp" in channels:
        return f"the newest one sends {', '.join(_CHANNELS.get(c, c) for c in channels)}", ""
    told = "the newest one sends no mails: no mail server is set where it runs"
    return told, "set BRIDGE_SMTP_HOST there if people should get mails"


def _connections(store: Store, now: datetime) -> Iterator[Finding]:
    connections = [one for one in store.connections.all() if one.integration not in SIGNALS]
    if not connections:
        yield Finding("connections", True, "none", "bridge jira connect adds one")
    for one in connections:
        is_paused = one.paused_until is not None and one.paused_until > now
        name = f"{one.integration} {one.config.get('url', one.name)}"
        if one.disabled_at is not None:
            fix = (
                f"mend it, try bridge notify test {one.name}, then bridge notify enable {one.name}"
            )
            yield Finding("connections", False, f"{name} is disabled: {one.trouble}", fix)
        elif one.trouble or is_paused:
            yield Finding("connections", False, f"{name}: {one.trouble or 'paused'}", _CONNECT)
        else:
            yield Finding("connections", True, f"{name} is connected")


def _signals(store: Store, now: datetime) -> Iterator[Finding]:
    for one in store.connections.all(sorted(SIGNALS)):
        counts, refused_at = store.deliveries.counts(one.id), store.deliveries.refused_at(one.id)
        home = store.products.get(one.product_id).slug
        log = f"bridge ship log --product {home} --state"
        unmapped = counts.get(DeliveryState.UNMAPPED, 0)
        if unmapped:
            count = "1 delivery" if unmapped == 1 else f"{unmapped} deliveries"
            detail = f"{one.name}: {count} of things that are not mapped"
            yield Finding("signals", False, detail, f"{log} unmapped, then bridge ship map")
        if counts.get(DeliveryState.FAILED):
            failed = counts[DeliveryState.FAILED]
            detail = f"{one.name}: cannot read {failed} of its deliveries"
            yield Finding("signals", False, detail, f"{log} failed tells why")
        if refused_at is not None and refused_at > now - _LATELY:
            detail = (
                f"{one.name}: a delivery had a wrong secret or signature at {refused_at:%H:%M} UTC"
            )
            yield Finding(
                "signals", False, detail, f"bridge ship rotate {one.name}, if it was theirs"
            )
        if not counts:
            yield Finding("signals", True, f"{one.name}: nothing has come so far")


def _filings(store: Store, now: datetime) -> Iterator[Finding]:
    counted = store.measures.take().filings
    told = [f"{counted[one.value]} {said}" for one, said in _NUMBERS.items() if one in counted]
    yield Finding("filings", True, ", ".join(told) or "none yet")
    for one in store.filings.troubled():
        product_id = store.filings.product_of(one.id)
        name = store.issues.get(product_id, one.issue_id).name
        detail = f"{name}: {_WORDS[one.state]} ({one.reason or 'no reason given'})"
        waits = one.state is FilingState.UNCERTAIN
        yield Finding("filings", waits, detail, _FIXES[one.state].format(name=name))
    for duplicate, original in store.twins.open():
        detail = f"{duplicate} is a duplicate of {original} and still open"
        fix = f"close {duplicate} in the tracker, or give the connection a --duplicate-transition"
        yield Finding("filings", False, detail, fix)
    for key, issue_id, product_id in store.twins.lost():
        name = store.issues.get(product_id, issue_id).name
        detail = f"{name}: {key} was closed as a duplicate, and its links lead to no other ticket"
        fix = f"link {key} in the tracker, or name the ticket: bridge issues link {name} KEY"
        yield Finding("filings", False, detail, fix)


def _contacts(store: Store, now: datetime) -> Iterator[Finding]:
    aside = store.contacts.quarantined()
    if not aside:
        yield Finding("contacts", True, "none set aside")
    for contact_id, reason in aside:
        detail = f"contact {contact_id} was set aside: {reason}"
        fix = "send it again with a newer updated_at"
        if reason.startswith(NO_READER):
            fix = "it is taken up by itself within the hour once that is mended"
        yield Finding("contacts", False, detail, fix)


def _messages(store: Store, now: datetime) -> Iterator[Finding]:
    troubled = store.messages.troubled()
    if not troubled:
        yield Finding("messages", True, "none failed")
    for one in troubled:
        to = f"{one.channel} to {one.recipient}"
        detail = f"message {one.id} ({to}) is {one.state}: {one.reason or 'no reason given'}"
        fix = f"mend the channel, then bridge notify retry {one.id}"
        yield Finding("messages", False, detail, fix)
    late = store.messages.due(now=now - _SLOW_QUEUE)
    if late:
        yield Finding("messages", False, f"{len(late)} messages are late", "start a worker")


def _owners(store: Store, now: datetime) -> Iterator[Finding]:
    for account, owner in store.accounts.ownerless():
        detail = f"{owner}, who looks after {account}, has no e-mail address and is not told"
        fix = "send the account again with the address as its owner"
        yield Finding("owners", False, detail, fix)


def _jobs(store: Store, now: datetime) -> Iterator[Finding]:
    counts = store.jobs.count_by_status()
    waiting, failed = counts.get("todo", 0), counts.get("failed", 0)
    since = store.jobs.oldest_due_at()
    is_slow = since is not None and datetime.now(UTC) - since > _SLOW_QUEUE
    fix = "start bridge serve or bridge worker" if is_slow else ""
    late = f", due since {since:%Y-%m-%d %H:%M} UTC" if is_slow and since else ""
    yield Finding("queue", not is_slow, f"{_jobs_wait(waiting)}{late}", fix)
    if not failed:
        yield Finding("jobs", True, "none failed")
    for job in store.jobs.failed():
        detail = f"job {job.id} {job.name} {job.arguments} failed after {job.attempts} tries"
        yield Finding("jobs", False, detail, "the log of that time says why")


def _jobs_wait(count: int) -> str:
    return "1 job waits" if count == 1 else f"{count} jobs wait"


def _consistency(store: Store, now: datetime) -> Iterator[Finding]:
    broken = store.invariants.violations(now=now)
    for promise in store.invariants.promises():
        places = [one.where for one in broken if one.promise == promise]
        detail = promise if not places else f"not so: {promise}; {', '.join(places)}"
        fix = "" if not places else "please report it with this line"
        yield Finding("consistency", not places, detail, fix)
