"""A command plays the support lead: one question a line to it, one answer a line back."""

import json
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import IssueId
from bridge.domain.people import Actor
from bridge.domain.products import Product
from bridge.steps.answer import answer_suggestion
from bridge.steps.asking import LEAST_WORTH
from bridge.steps.groups import Act
from bridge.steps.moves import Cause
from bridge.store import Store
from bridge.wiring import Application

_MOST_OF_ISSUE = 8
_MOST_OF_CANDIDATE = 50
_AHEAD = 0.2
"""The first questions help longest."""
_ANSWERS = ("yes", "no", "skip")


class Reviewer:
    """Asks the command as long as the budget lasts; without a command it never asks.

    The budget is spread evenly over the time of the contacts, as a person's time is.
    """

    def __init__(self, command: str | None, budget: int) -> None:
        self._command = command
        self._budget = budget if command else 0
        self._allowed = 0
        self._process: subprocess.Popen[str] | None = None
        self._skipped: set[tuple[SuggestionKind, str]] = set()
        self.asked = 0

    def __enter__(self) -> Self:
        if self._budget > 0 and self._command is not None:
            try:
                self._process = subprocess.Popen(
                    shlex.split(self._command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            except (OSError, ValueError) as error:
                raise InvalidInput(f"the review command does not start: {error}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def allow(self, share: float) -> None:
        """This share of the time has passed: as much of the budget may be used, and some ahead."""
        self._allowed = min(self._budget, int(self._budget * (share + _AHEAD)))

    def has_time(self) -> bool:
        """Whether a further question may be asked now."""
        return self.asked < self._allowed

    def answer_all(
        self,
        application: Application,
        product: Product,
        *,
        day: int,
        names: Mapping[ContactId, str],
        drain: Callable[[], object],
    ) -> None:
        """Ask what is worth asking now, the most helpful first, and do what is said.

        names: the contacts as the file calls them. drain: runs the jobs that follow an answer.
        """
        with application.open() as store:
            # In live use a daily job does this; an expired question takes no answer.
            store.suggestions.expire(now=application.context.now())
        while self.has_time() and self._ask_next(application, product, day, names):
            drain()

    def _ask_next(
        self, application: Application, product: Product, day: int, names: Mapping[ContactId, str]
    ) -> bool:
        with application.open() as store:
            suggestion = self._first(store, product)
            if suggestion is None:
                return False
            question = _question(suggestion, store, names)
        answer = self._say({**question, "day": day})
        if answer == "skip":
            self._skipped.add((suggestion.kind, suggestion.key))
            return True
        context = application.context
        cause = Cause(_REVIEWER, context.now(), "", "replay:review")
        with application.open() as store:
            act = Act(store, context, cause)
            # A split is asked for as whether both sides are the same.
            is_yes = (answer == "yes") != (suggestion.kind is SuggestionKind.SPLIT)
            answer_suggestion(suggestion, act, is_yes=is_yes)
        return True

    def _first(self, store: Store, product: Product) -> Suggestion | None:
        for one in store.suggestions.open(product.id):
            if (one.kind, one.key) in self._skipped:
                _drop(one, store)
                continue
            if one.worth < LEAST_WORTH:
                return None
            if one.kind in _ASKED:
                return one
        return None

    def _say(self, question: Mapping[str, object]) -> str:
        self.asked += 1
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise InvalidInput("the review command is not running")
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError as error:
            raise InvalidInput(f"the review command ended: {error}") from error
        if not line:
            raise InvalidInput("the review command ended without an answer")
        return _answer_in(line)


_ASKED = (SuggestionKind.SAME, SuggestionKind.REAL, SuggestionKind.SPLIT)
_REVIEWER = Actor("person", "reviewer")


def _drop(skipped: Suggestion, store: Store) -> None:
    """What was skipped is proposed anew at the next look; nothing waits for it any more."""
    store.suggestions.withdraw(skipped.product_id, ids=[skipped.id])
    store.enqueue("promote", product_id=skipped.product_id, issue_id=skipped.issue_id)


def _answer_in(line: str) -> str:
    try:
        told = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"the review command answered {line[:80]!r}, not JSON") from error
    answer = told.get("answer") if isinstance(told, dict) else None
    if answer not in _ANSWERS:
        raise InvalidInput(f"the review command answered {line[:80]!r}, not yes, no or skip")
    return str(answer)


def _question(
    suggestion: Suggestion, store: Store, names: Mapping[ContactId, str]
) -> dict[str, object]:
    """The question as the command reads it."""

    def members(
        issue_id: IssueId | None, most: int, without: Sequence[ContactId] = ()
    ) -> list[str]:
        if issue_id is None:
            raise NotFound("a question without its issue")
        chosen = store.placements.representatives(issue_id, limit=most, without=without)
        return [names[one] for one in chosen]

    if suggestion.kind is SuggestionKind.REAL:
        return {"question": "real", "a": members(suggestion.issue_id, _MOST_OF_CANDIDATE)}
    if suggestion.kind is SuggestionKind.SPLIT:
        split_off = [names[one] for one in suggestion.contacts[:_MOST_OF_ISSUE]]
        rest = members(suggestion.issue_id, _MOST_OF_ISSUE, without=suggestion.contacts)
        return {"question": "same", "a": split_off, "b": rest}
    return {
        "question": "same",
        "a": members(suggestion.issue_id, _MOST_OF_ISSUE),
        "b": members(suggestion.other_id, _MOST_OF_ISSUE),
    }
