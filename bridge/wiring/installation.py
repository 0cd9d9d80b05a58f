"""What processes of one installation must know of each other: where it is, and how it sends."""

from dataclasses import replace

from bridge.settings import Settings
from bridge.wiring import Application


def as_installed(application: Application) -> Application:
    """The same application, with links that lead where the server says the pages are.

    What this process was told itself comes first.
    """
    if is_told_where(application.settings):
        return application
    with application.open() as store:
        public_url = store.installation.read().public_url
    if public_url is None:
        return application
    settings = application.settings.model_copy(update={"public_url": public_url})
    context = replace(application.context, settings=settings)
    return replace(application, settings=settings, context=context)


def is_told_where(settings: Settings) -> bool:
    """Whether the configuration of this process says where the pages are."""
    return "public_url" in settings.model_fields_set


def note_server(application: Application, *, found_at: str) -> None:
    """Tell the other processes where the pages are; `found_at` is where this one listens."""
    public_url = application.settings.public_url.rstrip("/")
    with application.open() as store:
        store.installation.note_server(
            public_url, is_given=public_url != found_at, now=application.context.now()
        )


def note_worker(application: Application) -> None:
    """Tell the other processes by which channels this worker sends."""
    channels = [one.name for one in application.context.notifiers]
    with application.open() as store:
        store.installation.note_worker(channels, now=application.context.now())
