-- The first schema. Times are milliseconds since 1970-01-01T00:00:00Z; ids are 24 hexadecimal characters; `org` is
-- orgs.key; `document` is the resource object as the API answers it, in the form of version `format`.

CREATE TABLE orgs (
    key        INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, so that no stray row changes hands
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id         TEXT NOT NULL PRIMARY KEY,
    org        INTEGER NOT NULL REFERENCES orgs (key),
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,                     -- a JSON array
    hash       BLOB NOT NULL UNIQUE,              -- SHA-256 of the token
    last_chars TEXT NOT NULL,
    cidr       TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE INDEX tokens_by_user ON tokens (org, user_id);

-- What belongs to the database as a whole: the key that signs tokens.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A table for each kind of record. `key` numbers its rows for good, VACUUM or not, so that an index of another form can
-- name them. The index by id carries `deleted` so that a page far down a list is found without touching the rows before
-- it; that an id has one row is seen to by the writer, which looks before it inserts.
CREATE TABLE customers (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX customers_by_id ON customers (org, id, deleted);
CREATE INDEX customers_by_created_at ON customers (org, created_at, id) WHERE deleted = 0;
CREATE INDEX customers_by_updated_at ON customers (org, updated_at, id) WHERE deleted = 0;

CREATE TABLE tags (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX tags_by_id ON tags (org, id, deleted);

CREATE TABLE users (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX users_by_id ON users (org, id, deleted);

CREATE TABLE teams (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX teams_by_id ON teams (org, id, deleted);

CREATE TABLE shortcuts (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX shortcuts_by_id ON shortcuts (org, id, deleted);

-- How many records of a kind are not deleted: what an unfiltered list tells as its total.
CREATE TABLE live_counts (
    org  INTEGER NOT NULL,
    kind TEXT NOT NULL,
    live INTEGER NOT NULL,
    PRIMARY KEY (org, kind)
) STRICT, WITHOUT ROWID;

-- Facts one record holds for its whole org; `key` is a hash of org, kind and value.
CREATE TABLE claims (
    key   BLOB NOT NULL PRIMARY KEY,
    org   INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    owner TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, committed with the record it happened to. `position` is dense within an org, from 1. What may be
-- personal is the payload: `request_id`, `changes` and the record as it was afterwards; `digest` is its HMAC-SHA-256
-- under `salt`. `link` is SHA-256 over the link before, the position, and the rest with the digest.
CREATE TABLE events (
    org        INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    record     TEXT NOT NULL,
    rev        INTEGER NOT NULL,                  -- the revision it led to
    name       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT,
    client     TEXT NOT NULL,
    digest     BLOB NOT NULL,
    link       BLOB NOT NULL,
    salt       BLOB,                              -- null once erased
    request_id TEXT NOT NULL,                     -- empty once erased
    changes    TEXT,                              -- null on a create, and once erased
    snapshot   TEXT,                              -- the whole record, now and then; null once erased
    PRIMARY KEY (org, position)
) STRICT, WITHOUT ROWID;

-- Which revision a record had at a moment is found in here alone. That a revision happens once is seen to by the writer;
-- the same event twice is refused here.
CREATE UNIQUE INDEX events_by_record ON events (org, kind, record, rev, at);
CREATE INDEX events_by_id ON events (org, id);
-- What is asked of many events is answered in here alone.
CREATE INDEX events_by_moment ON events (org, at, kind, actor);

-- The end of each org's chain of events: the last position given, and its link.
CREATE TABLE feeds (
    org      INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    link     BLOB NOT NULL
) STRICT;
