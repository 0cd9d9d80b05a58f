"""What our account sees of the project: what is hidden looks like what is gone."""

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.domain.errors import Refused, TryAgainLater
from integrations.jira.client import JiraClient
from integrations.jira.errors import Missing
from integrations.jira.settings import JiraSettings


def require_sight(client: JiraClient, settings: JiraSettings) -> None:
    """Raise TryAgainLater when the account may not browse the project.

    Then a missing ticket proves nothing: neither that it was deleted nor that it was never made.
    """
    project = settings.project
    try:
        lacking = client.missing_permissions(project, ("BROWSE_PROJECTS",))
    except Missing as error:
        raise TryAgainLater(_no_project(project)) from error
    if lacking:
        raise TryAgainLater(
            f"our account may not see project {project}, so a missing ticket proves nothing: "
            "give it the permission Browse projects"
        )


@contextmanager
def refused_in_words(settings: JiraSettings) -> Iterator[None]:
    """Tell a refusal that is about the project or its issue type by what a person can do."""
    try:
        yield
    except Missing as error:
        raise Missing(f"{_no_project(settings.project)} ({error})", fields=error.fields) from error
    except Refused as error:
        if "project" in error.fields:
            told = _no_project(settings.project)
        elif "issuetype" in error.fields:
            told = "the project does not offer our issue type any more: connect with another one"
        else:
            raise
        raise Refused(f"{told} ({error})", fields=error.fields) from error


def _no_project(project: str) -> str:
    return (
        f"Jira shows our account no project {project}: put it back, let the account browse it, "
        "or connect to another project"
    )
