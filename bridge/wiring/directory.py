"""Customer directories: file rows to what `learn_directory` takes."""

from collections.abc import Iterator
from pathlib import Path

from bridge.domain.errors import InvalidInput
from bridge.identity import account_identity, email_identity, handle_identity, phone_identity
from bridge.steps.identify import DirectoryEntry
from integrations.files.reading import read_rows
from integrations.files.shapes import DirectoryPerson, account_of, person_of


def read_directory(path: Path, *, source: str, region: str) -> Iterator[DirectoryEntry]:
    """The people of a directory file; raises InvalidInput with the line of a bad row."""
    for line in read_rows(path):
        if line.row is None:
            raise InvalidInput(f"{path.name} line {line.number}: {line.reason}")
        try:
            yield entry_of(person_of(line.row), source=source, region=region)
        except InvalidInput as error:
            raise InvalidInput(f"{path.name} line {line.number}: {error}") from error


def entry_of(person: DirectoryPerson, *, source: str, region: str) -> DirectoryEntry:
    """Everything known about a person; handles belong to the source of the contacts."""
    found = [account_identity(person.account)]
    found += [email_identity(address) for address in person.emails]
    found += [phone_identity(number, region=region) for number in person.phones]
    found += [handle_identity(source, handle) for handle in person.handles]
    return DirectoryEntry(
        name=person.name,
        account=account_of(person),
        identities=tuple(one for one in found if one is not None),
        facts=person.facts,
        facts_at=person.facts_at,
    )
