"""A directory tells versions and platforms; who shares them with the affected may be next."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg

from bridge.domain.customers import Facts, Identity, IdentityKind
from bridge.domain.issues import Issue
from bridge.domain.people import Actor
from bridge.steps.importing import learn_people
from bridge.steps.likely import likely_customers, likely_words
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.wiring.directory import read_directory
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline
from tests.loop import issues


def a_person(number: int, **facts: str) -> dict[str, object]:
    email = f"customer{number}@company{number}.example"
    return {"customer": f"k{number}", "name": f"Person {number}", "emails": [email], **facts}


def learn(pipeline: Pipeline, folder: Path, *people: dict[str, object]) -> None:
    """Import them as a directory file."""
    file = folder / "directory.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in people))
    entries = read_directory(file, source="test", region="US")
    learn_people(entries, pipeline.product, context=pipeline.application.context)


def an_issue(pipeline: Pipeline) -> Issue:
    pipeline.send(*contacts_about_export(5, version="4.1"))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    return summary.issue


def facts_of(pipeline: Pipeline, issue: Issue) -> list[Facts]:
    with pipeline.application.open() as store:
        return sorted(store.likely.affected(issue), key=lambda one: one.version or "")


def test_who_shares_what_the_affected_share_and_has_not_written_is_listed(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    issue = an_issue(pipeline)
    affected = [a_person(number, platform="iOS", plan="Pro") for number in range(5)]
    same = [a_person(number, platform="ios", version="4.1", plan="pro") for number in (20, 21)]
    half_known = [a_person(30, platform="ios", version="4.1")]
    others = [
        a_person(number, platform="web", version="4.0", plan="free") for number in range(40, 60)
    ]
    learn(pipeline, tmp_path, *affected, *same, *half_known, *others)
    with pipeline.application.open() as store:
        found = likely_customers(issue, store=store, limit=1)
        (second,) = likely_customers(issue, store=store, limit=9, after=found.people[0].id).people
        counted = store.issues.summary(pipeline.product.id, issue.id).counts.customers
    assert [one.words for one in found.pattern.shared] == [
        "version 4.1: 5 of 5 affected customers, 3 of 23 others",
        "platform ios: 5 of 5 affected customers, 3 of 23 others",
        "plan pro: 5 of 5 affected customers, 2 of 22 others",
    ]
    assert (found.pattern.fitting, found.pattern.perhaps) == (2, 1)
    assert [one.name for one in (*found.people, second)] == ["Person 20", "Person 21"]
    assert second.facts == Facts("4.1", "ios", "pro")
    assert likely_words(found) == (
        "2 customers have all that those affected share, and have not written about it."
        " 1 more may: not everything is known of them."
    )
    assert counted == 5
    pipeline.send(*contacts_about_export(1, first=20, minutes=60, version="4.1"))
    with pipeline.application.open() as store:
        assert likely_customers(issue, store=store, limit=9).people == (second,)


def test_who_has_the_fix_is_not_listed_any_more(pipeline: Pipeline, tmp_path: Path) -> None:
    issue = an_issue(pipeline)
    people = [a_person(number, platform="ios") for number in range(5)]
    people += [
        a_person(20, platform="ios", version="4.1"),
        a_person(21, platform="ios", version="4.3"),
    ]
    people += [a_person(number, platform="web", version="4.0") for number in range(40, 80)]
    learn(pipeline, tmp_path, *people)
    context = pipeline.application.context
    with context.open() as store:
        news = ReleaseNews("4.2", pipeline.clock.moment, issue_ids=(issue.id,))
        cause = Cause(Actor("token", "pipeline"), pipeline.clock.moment)
        ship(news, pipeline.product, store=store, context=context, cause=cause)
    with pipeline.application.open() as store:
        found = likely_customers(issue, store=store, limit=9)
    assert [one.name for one in found.people] == ["Person 20"]


def test_a_directory_again_or_an_older_one_changes_nothing_and_what_is_left_out_stays(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    issue = an_issue(pipeline)
    now = f"{pipeline.clock.moment:%Y-%m-%dT%H:%M:%SZ}"
    before = f"{START - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
    learn(pipeline, tmp_path, a_person(0, platform="ios", plan="pro", updated_at=now))
    learn(pipeline, tmp_path, a_person(0, platform="web", region="eu", updated_at=before))
    learn(pipeline, tmp_path, a_person(0, language="DE", updated_at=now))
    assert facts_of(pipeline, issue)[0].version == "4.1"
    (known,) = [one for one in facts_of(pipeline, issue) if one.platform]
    assert known == Facts("4.1", "ios", "pro", None, "de")


def test_an_account_is_on_a_version_only_while_its_people_agree(
    pipeline: Pipeline, tmp_path: Path, database_url: str
) -> None:
    def account() -> tuple[str | None, ...]:
        with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
            row = connection.execute("SELECT version, plan FROM account").fetchone()
            assert row is not None
            return row

    learn(
        pipeline,
        tmp_path,
        a_person(1, org="Mill", version="4.1", plan="pro"),
        a_person(2, org="Mill"),
    )
    assert account() == ("4.1", "pro")
    learn(pipeline, tmp_path, a_person(2, org="Mill", version="4.2", plan="pro"))
    assert account() == (None, "pro")
    learn(pipeline, tmp_path, a_person(1, org="Mill", version="4.2"))
    assert account() == ("4.2", "pro")


def test_of_two_who_turn_out_to_be_one_the_newest_word_counts(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    now, moment = pipeline.clock.moment, "%Y-%m-%dT%H:%M:%SZ"
    old, new = (f"{now - timedelta(days=days):{moment}}" for days in (9, 2))
    learn(
        pipeline,
        tmp_path,
        a_person(1, platform="ios", updated_at=new),
        {**a_person(2, platform="web", plan="pro", updated_at=old), "emails": ["p2@x.example"]},
    )
    both = ["customer1@company1.example", "p2@x.example"]
    learn(pipeline, tmp_path, {**a_person(1), "emails": both, "account": "ACC-77"})
    with pipeline.application.open() as store:
        (person,) = store.directory.people(
            pipeline.product.id, [Identity(IdentityKind.EMAIL, both[0])]
        )
        known = store.customer_facts.of(person)
    assert known == Facts(platform="ios")


def test_the_platform_that_people_wrote_from_counts_before_the_directorys(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    people = [a_person(number, platform="web") for number in range(40)]
    learn(pipeline, tmp_path, *people)
    first, *rest = contacts_about_export(5)
    pipeline.send(
        replace(first, version="iOS 4.1"), *(replace(one, platform="Android") for one in rest)
    )
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    told = [one.platform for one in facts_of(pipeline, summary.issue)]
    assert sorted(told, key=str) == ["android"] * 4 + ["ios"]
