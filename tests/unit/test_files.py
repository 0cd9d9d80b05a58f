"""Files of contacts: shapes are recognised, columns mapped, bad rows told apart."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.domain.contacts import AccountReceived, CustomerReceived, Rating
from bridge.domain.errors import InvalidInput
from bridge.domain.satisfaction import Metric, RatingReceived, Scale
from integrations.files.contacts import ContactFile, ContactLine, open_contacts
from integrations.files.mapping import FIELDS, by_name
from integrations.files.ratings import open_ratings
from integrations.files.reading import read_rows
from integrations.files.shapes import from_wire

WIRE = {
    "source": "zendesk",
    "external_id": 4711,
    "channel": "email",
    "occurred_at": "2026-03-03T09:15:00+01:00",
    "updated_at": "2026-03-04T00:00:00Z",
    "subject": "Export",
    "text": "It fails",
    "lang": "en",
    "product": "shop",
    "version": "4.1",
    "customer": {
        "email": "ada@example.com",
        "account_number": "ACC-1",
        "external_ids": {"zendesk": 99},
    },
    "account": {"key": "acme", "name": "Acme", "domains": ["acme.example"]},
    "agent": {"email": "kim@example.org"},
    "conversation": "c-1",
    "satisfaction": {"metric": "csat", "score": 2, "max": 5},
}


def lines_of(file: ContactFile) -> list[ContactLine]:
    return list(file.lines(source="api"))


def a_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def test_every_member_of_the_wire_shape_arrives(tmp_path: Path) -> None:
    file = open_contacts(a_file(tmp_path, "a.jsonl", json.dumps(WIRE)))
    [line] = lines_of(file)
    assert line.contact is not None
    assert line.product == "shop"
    assert line.contact.external_id == "4711"
    assert line.contact.occurred_at == datetime(2026, 3, 3, 8, 15, tzinfo=UTC)
    assert line.contact.updated_at == datetime(2026, 3, 4, tzinfo=UTC)
    assert line.contact.customer == CustomerReceived(
        email="ada@example.com", account_number="ACC-1", external_ids=(("zendesk", "99"),)
    )
    assert line.contact.account == AccountReceived("acme", "Acme", None, ("acme.example",))
    assert line.contact.agent_email == "kim@example.org"
    assert (line.contact.source, line.contact.conversation) == ("zendesk", "c-1")
    assert line.contact.rating == Rating("csat", 2, 5)
    assert file.unused == ()


def test_a_csv_with_our_own_column_names_needs_no_mapping(tmp_path: Path) -> None:
    text = (
        "external_id,text,occurred_at,customer.email,customer_external_id,account.domains,"
        "account.key,Extra\n"
        '1,"two\nlines",2026-03-03T09:15:00Z,ada@example.com,,a.example;b.example,acme,x\n'
        "2,,2026-03-03T09:15:00Z,,,,,\n"
    )
    file = open_contacts(a_file(tmp_path, "a.csv.gz", text))
    first, second = lines_of(file)
    assert first.contact is not None
    assert first.contact.text == "two\nlines"
    assert first.contact.customer.email == "ada@example.com"
    assert first.contact.account == AccountReceived("acme", domains=("a.example", "b.example"))
    assert (second.contact, second.pointer, second.number) == (None, "/text", 4)
    assert file.column_of("/text") == "text"
    assert file.unused == ("customer_external_id", "Extra")


def test_a_mapping_names_columns_and_constants(tmp_path: Path) -> None:
    table = a_file(
        tmp_path, "a.csv", "ID;Body;Created;Mail;channel\n7;Broken;2026-03-03 09:15Z;a@b.example;x"
    )
    mapping = {
        "external_id": "ID",
        "text": {"column": "Body"},
        "occurred_at": "Created",
        "channel": {"constant": "chat"},
        "source": "forum",
        "customer": {"email": "Mail", "external_ids": {"crm": "ID"}},
    }
    given = a_file(tmp_path, "m.json", json.dumps(mapping))
    file = open_contacts(table, mapping=given)
    [line] = lines_of(file)
    assert line.contact is not None
    assert (line.contact.external_id, line.contact.text) == ("7", "Broken")
    assert (line.contact.channel, line.contact.source) == ("chat", "forum")
    assert line.contact.customer == CustomerReceived(
        email="a@b.example", external_ids=(("crm", "7"),)
    )
    assert file.column_of("/customer/email") == "Mail"


@pytest.mark.parametrize(
    ("mapping", "word"),
    [
        ({"external_id": "ID", "text": "Boddy", "occurred_at": "Created"}, "Boddy"),
        ({"external_id": "ID", "text": "Body"}, "occurred_at"),
        ({"external_id": "ID", "text": "Body", "occurred_at": "Created", "txt": "Body"}, "txt"),
        ({"external_id": "ID", "text": {"constant": []}, "occurred_at": "Created"}, "text"),
        ([], "object"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_before_anything_is_read(
    mapping: object, word: str, tmp_path: Path
) -> None:
    table = a_file(tmp_path, "a.csv", "ID,Body,Created\n7,Broken,2026-03-03T09:15Z")
    given = a_file(tmp_path, "m.json", json.dumps(mapping))
    with pytest.raises(InvalidInput, match=word):
        open_contacts(table, mapping=given)


def test_unknown_columns_ask_for_a_mapping_and_name_what_there_is(tmp_path: Path) -> None:
    for name, text in (("a.csv", "ID,Body\n1,x"), ("a.jsonl", '{"ID": 1, "Body": "x"}')):
        with pytest.raises(InvalidInput, match=r"ID, Body.*--mapping"):
            open_contacts(a_file(tmp_path, name, text))


def test_the_replay_shape_is_recognised(tmp_path: Path) -> None:
    row = {"id": "c1", "ts": "2026-03-03T09:15:00Z", "text": "Broken", "customer": "@ada"}
    file = open_contacts(
        a_file(tmp_path, "a.jsonl", json.dumps({**row, "customer_kind": "handle"}))
    )
    [line] = lines_of(file)
    assert line.contact is not None
    assert line.contact.customer.handle == "@ada"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"external_id": None}, "/external_id"),
        ({"text": 7}, "/text"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"occurred_at": "2026-03-03T09:15:00"}, "/occurred_at"),
        ({"occurred_at": float("nan")}, "/occurred_at"),
        ({"customer": "ada@example.com"}, "/customer"),
        ({"customer": {"email": ["x"]}}, "/customer/email"),
        ({"customer": {"name": "x" * 1_001}}, "/customer/name"),
        ({"account": {"name": "Acme"}}, "/account/key"),
        ({"account": {"key": "acme", "domains": 7}}, "/account/domains"),
    ],
)
def test_a_wrong_member_is_named_by_its_pointer(
    change: dict[str, object], pointer: str, tmp_path: Path
) -> None:
    file = open_contacts(a_file(tmp_path, "a.jsonl", json.dumps({**WIRE, **change})))
    [line] = lines_of(file)
    assert (line.contact, line.pointer) == (None, pointer)


@pytest.mark.parametrize("name", ["text", "external_id"])
def test_an_empty_cell_is_told_as_missing(name: str, tmp_path: Path) -> None:
    cells = {
        "external_id": "7",
        "text": "It stops",
        "occurred_at": "2026-03-03T09:15:00Z",
        name: "",
    }
    table = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    [line] = lines_of(open_contacts(a_file(tmp_path, "a.csv", table)))
    assert (line.pointer, line.reason) == (f"/{name}", f"{name} is missing")


def test_lines_that_are_no_rows_do_not_end_the_file(tmp_path: Path) -> None:
    text = f"nope\n\n[1]\n{json.dumps(WIRE)}\n"
    found = lines_of(open_contacts(a_file(tmp_path, "a.jsonl", text)))
    assert [(line.number, line.contact is None) for line in found] == [
        (1, True),
        (3, True),
        (4, False),
    ]


def test_what_no_database_stores_is_taken_out(tmp_path: Path) -> None:
    row = json.dumps({**WIRE, "customer": {"email": "a\0da@example.com", "name": "\ud800"}})
    [line] = lines_of(open_contacts(a_file(tmp_path, "a.jsonl", row)))
    assert line.contact is not None
    assert line.contact.customer == CustomerReceived(email="ada@example.com")


def test_a_file_cut_off_in_the_middle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(WIRE).encode() * 3)[:-12])
    with pytest.raises(InvalidInput, match="broken"):
        open_contacts(path)


def test_every_field_has_a_column_name_with_dots_or_underscores() -> None:
    assert by_name(FIELDS).columns.keys() == set(FIELDS)
    flat = [name.replace(".", "_") for name in FIELDS]
    assert by_name(flat).columns.keys() == set(FIELDS)


def test_a_field_too_long_costs_its_own_row_only(tmp_path: Path) -> None:
    long = "x" * (5 * 1024 * 1024)
    rows = f"id,text,ts\n1,a,2026-03-03T09:15Z\n2,{long},2026-03-03T09:15Z\n3,c,2026-03-03T09:15Z\n"
    found = list(read_rows(a_file(tmp_path, "a.csv", rows)))
    assert [line.row["id"] if line.row else None for line in found] == ["1", None, "3"]
    assert "field larger" in found[1].reason
    with pytest.raises(InvalidInput, match="header"):
        list(read_rows(a_file(tmp_path, "b.csv", f"{long},text\n1,a\n")))


_BEHIND = (
    "a quote that opens in this line closes in line 6 with text right behind it:"
    " close it before, or double each quote that belongs to the text"
)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("", "a quote that opens in this line is not closed"),
        ('4,"a quoted, closed one",2026-03-01T00:00:00Z\n', _BEHIND),
    ],
)
def test_a_quote_that_is_not_closed_costs_its_own_row_only(
    tmp_path: Path, after: str, reason: str
) -> None:
    path = tmp_path / "contacts.csv"
    moment = "2026-03-01T00:00:00Z"
    broken = f'1,one,{moment}\n\n2,"it says,{moment}\n3,three,{moment}\n'
    path.write_text(f"external_id,text,occurred_at\n{broken}{after}")
    rows = list(read_rows(path))
    assert [(one.number, one.reason) for one in rows if one.row is None] == [(4, reason)]
    texts = [one.row["text"] for one in rows if one.row]
    assert texts == ["one", "three", *(["a quoted, closed one"] if after else [])]


def test_text_behind_a_closing_quote_is_told_with_its_line(tmp_path: Path) -> None:
    text = 'id,text\n1,"the export\nstops" always\n2,b\n'
    first, *_ = read_rows(a_file(tmp_path, "a.csv", text))
    assert (first.number, first.row) == (2, None)
    assert "closes in line 3 with text right behind it" in first.reason


@pytest.mark.parametrize("moment", [{}, {"occurred_at": None}, {"occurred_at": ""}])
def test_a_moment_that_is_not_there_is_called_missing(moment: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=r"^occurred_at is missing$"):
        from_wire({"external_id": "1", "text": "a", **moment}, source="x")


def test_a_row_over_several_lines_is_one(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text('external_id,text\n1,"a ""quoted""\nline\n\nand more"\n2,b\n')
    assert [one.row for one in read_rows(path)] == [
        {"external_id": "1", "text": 'a "quoted"\nline\n\nand more'},
        {"external_id": "2", "text": "b"},
    ]


def test_doubled_quotes_far_down_the_file_are_one(tmp_path: Path) -> None:
    plain = [f'{number},"the export, page {number}, stops","now"' for number in range(1_000)]
    doubled = 'q,"it says ""Error 500, try later"" when I save, always",now'
    text = "\n".join(["id,text,ts", *plain, doubled])
    last = list(read_rows(a_file(tmp_path, "a.csv", text)))[-1]
    assert last.row is not None
    assert last.row["text"] == 'it says "Error 500, try later" when I save, always'
    assert last.row["ts"] == "now"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables_of_spreadsheets_are_read_whatever_they_are_written_in(
    tmp_path: Path, encoding: str
) -> None:
    file = tmp_path / "export.csv"
    file.write_text("id;text\n1;Die Tür schließt nicht für Gäste\n", encoding=encoding)
    assert [one.row for one in read_rows(file)] == [
        {"id": "1", "text": "Die Tür schließt nicht für Gäste"}
    ]


def test_one_broken_byte_does_not_change_how_all_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes("id,text\n1,Tür für Gäste \xff\n".encode().replace("\xff".encode(), b"\xff"))
    assert [one.row for one in read_rows(file)] == [{"id": "1", "text": "Tür für Gäste \ufffd"}]


@pytest.mark.parametrize(
    ("satisfaction", "rating"),
    [
        ({"score": "2"}, Rating("csat", 2)),
        ({"metric": "nps", "score": 0, "max": 10}, Rating("nps", 0, 10)),
        ({"metric": "csat"}, None),
        ({}, None),
    ],
)
def test_a_rating_is_read_when_there_is_a_score(
    satisfaction: dict[str, object], rating: Rating | None
) -> None:
    row = {
        **{"external_id": "1", "text": "t", "occurred_at": "2026-03-03T09:15:00Z"},
        "satisfaction": satisfaction,
    }
    assert from_wire(row, source="s").rating == rating


@pytest.mark.parametrize("score", ["good", "nan", "inf"])
def test_a_rating_that_is_no_number_is_refused(score: str) -> None:
    row = {
        **{"external_id": "1", "text": "t", "occurred_at": "2026-03-03T09:15:00Z"},
        "satisfaction": {"score": score},
    }
    with pytest.raises(InvalidInput) as caught:
        from_wire(row, source="s")
    assert caught.value.pointer == "/satisfaction/score"


def test_a_table_of_ratings_needs_a_mapping_unless_its_columns_are_named_after_the_fields(
    tmp_path: Path,
) -> None:
    own = a_file(
        tmp_path,
        "own.csv",
        "external_id,Metric,score,contact,answered_at,scale.high,Note\n"
        "s-1,CSAT,4,4711,2026-03-04T18:30:00Z,,x\n"
        "s-2,ces,3,4712,,5,\n",
    )
    file = open_ratings(own)
    first, second = (line.rating for line in file.lines(source="zendesk"))
    assert file.unused == ("Note",)
    answered = datetime(2026, 3, 4, 18, 30, tzinfo=UTC)
    assert first == RatingReceived(
        "s-1", Metric.CSAT, Scale(1, 5), "zendesk", 4, "4711", answered_at=answered
    )
    assert second is not None
    assert (second.scale, second.score) == (Scale(1, 5), 3)
    foreign = a_file(tmp_path, "foreign.csv", "Survey,Ticket,Stars\n9,4711,2\n")
    with pytest.raises(InvalidInput, match="the columns Survey, Ticket, Stars; say which is which"):
        open_ratings(foreign)
    mapping = {"external_id": "Survey", "contact": "Ticket", "score": "Stars", "metric": "csat"}
    path = a_file(tmp_path, "m.json", json.dumps(mapping))
    (line,) = open_ratings(foreign, mapping=path).lines(source="api")
    assert line.rating == RatingReceived("9", Metric.CSAT, Scale(1, 5), "api", 2, "4711")


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"external_id": "Survey"}, "the mapping needs a column for metric"),
        ({"text": "Survey"}, "a rating has no field text; there are: external_id, metric"),
        ({"external_id": "Id", "metric": "csat"}, "there is no column 'Id'; there are: Survey"),
    ],
)
def test_a_mapping_of_ratings_that_cannot_be_is_refused_in_words(
    tmp_path: Path, mapping: dict[str, str], reason: str
) -> None:
    file = a_file(tmp_path, "a.csv", "Survey,Stars\n9,2\n")
    path = a_file(tmp_path, "m.json", json.dumps(mapping))
    with pytest.raises(InvalidInput, match=reason):
        open_ratings(file, mapping=path)


@pytest.mark.parametrize(
    ("row", "pointer", "reason"),
    [
        ({"metric": "csat", "score": 4}, "/external_id", "external_id is missing"),
        ({"external_id": "1", "score": 4}, "/metric", "metric is missing"),
        (
            {"external_id": "1", "metric": "stars"},
            "/metric",
            "metric must be one of csat, nps, ces",
        ),
        (
            {"external_id": "1", "metric": "csat", "score": "good"},
            "/score",
            "score must be a number",
        ),
        (
            {"external_id": "1", "metric": "ces", "score": 1, "scale": {"direction": "up"}},
            "/scale/direction",
            "direction must be higher_is_better or lower_is_better",
        ),
        (
            {"external_id": "1", "metric": "csat", "score": 1, "answered_at": "2026-03-04"},
            "/answered_at",
            "answered_at needs a time zone, such as Z",
        ),
    ],
)
def test_a_row_that_is_no_rating_says_which_member_is_to_blame(
    tmp_path: Path, row: dict[str, object], pointer: str, reason: str
) -> None:
    rows = [{"external_id": "0", "metric": "nps", "score": 9, "contact": "1"}, row]
    text = "\n".join(json.dumps(one) for one in rows)
    good, bad = open_ratings(a_file(tmp_path, "a.jsonl", text)).lines(source="api")
    assert good.rating is not None
    assert (bad.rating, bad.pointer, bad.reason) == (None, pointer, reason)
