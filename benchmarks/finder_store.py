"""Fills a database with made-up issues and contacts, quickly and around the product's own steps."""

import numpy as np
import psycopg

from models.vectors import Vectors

A_ISSUE = 50
"""Contacts of an issue."""

_LOT = 100_000


def fill(
    connection: psycopg.Connection[tuple[object, ...]],
    means: Vectors,
    *,
    encoder: str,
    contacts: int,
) -> None:
    """One confirmed issue a mean, and contacts with vectors that are spread over the issues."""
    given = {"issues": len(means), "encoder": encoder, "contacts": contacts}
    connection.execute(_ISSUES, given)
    ids = connection.execute("SELECT id FROM issue ORDER BY id").fetchall()
    columns = "issue_id, encoder, product_id, total, size"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY centroid ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "text", "int8", "vector", "int4"])
        for (issue_id,), mean in zip(ids, means, strict=True):
            # Contacts about .7 similar to each other leave a mean of length .84.
            total = np.asarray(0.84 * A_ISSUE * mean, dtype=np.float32)
            copy.write_row([issue_id, encoder, 1, total, A_ISSUE])
    for start in range(0, contacts, _LOT):
        lot = {**given, "first": start, "last": min(start + _LOT, contacts) - 1}
        for statement in (_CUSTOMERS, _CONTACTS, _VECTORS, _ASSIGNMENTS):
            connection.execute(statement, lot)
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


_ISSUES = """
INSERT INTO issue (product_id, number, state, title, key_terms, episode, version, created_at)
SELECT 1, n, 'confirmed', 'Issue ' || n, '{}', 1, 1, now()
FROM generate_series(1, %(issues)s::bigint) AS n
"""
_CUSTOMERS = """
INSERT INTO customer (product_id, is_shared, created_at)
SELECT 1, false, now() FROM generate_series(%(first)s::bigint, %(last)s::bigint, 3::bigint)
"""
_CONTACTS = """
INSERT INTO contact (product_id, source, external_id, channel, occurred_at, content_hash, subject,
    text, text_hash, nature, outcome, attempts, customer_id, placed_at)
SELECT 1, 'seed', n, 'email', now() - (%(contacts)s::bigint - n) * interval '1 minute', '', '',
    'A contact that says in a dozen words or so what the trouble is, number ' || n,
    sha256(n::text::bytea), 'message', 'accepted', 0,
    (SELECT min(id) FROM customer) + n / 3, now()
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_VECTORS = """
INSERT INTO contact_vector (contact_id, encoder, product_id, text_hash, embedding)
SELECT contact.id, %(encoder)s::text, 1, contact.text_hash, l2_normalize(centroid.total)::halfvec
FROM contact
JOIN centroid ON centroid.issue_id =
    (SELECT min(id) FROM issue) + contact.external_id::bigint %% %(issues)s::bigint
WHERE contact.source = 'seed'
    AND contact.external_id::bigint BETWEEN %(first)s::bigint AND %(last)s::bigint
"""
_ASSIGNMENTS = """
INSERT INTO assignment (product_id, contact_id, part, issue_id, similarity, threshold, encoder,
    actor, reason, created_at)
SELECT 1, contact.id, 0,
    (SELECT min(id) FROM issue) + contact.external_id::bigint %% %(issues)s::bigint,
    0.8, 0.5, %(encoder)s::text, 'seed', 'made up', now()
FROM contact
WHERE contact.source = 'seed'
    AND contact.external_id::bigint BETWEEN %(first)s::bigint AND %(last)s::bigint
"""
