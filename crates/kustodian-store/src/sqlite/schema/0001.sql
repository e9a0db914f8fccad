-- The first schema. Times are milliseconds since 1970-01-01T00:00:00Z; ids are 24 hexadecimal characters; `org` is
-- orgs.key; `document` is the resource object as the API answers it, in the form of version `format`. Documents and what
-- events keep of them are TEXT where they are short, else a BLOB that holds the text compressed.

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
    document   ANY NOT NULL
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
    document   ANY NOT NULL
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
    document   ANY NOT NULL
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
    document   ANY NOT NULL
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
    document   ANY NOT NULL
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

-- What writes with an idempotency key led to, for a day; `key` is a hash of org, user and idempotency key. A receipt
-- names a revision and holds nothing of it.
CREATE TABLE receipts (
    key         BLOB NOT NULL PRIMARY KEY,
    org         INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,                    -- SHA-256 of the request
    kind        TEXT NOT NULL,
    record      TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_by_end ON receipts (expires_at);

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
    changes    ANY,                               -- null on a create, and once erased
    snapshot   ANY,                               -- the whole record, now and then; null once erased
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

-- What customers are found by, worked out from their documents: `kustodian reindex` makes it anew. A row for each
-- customer that was not erased, deleted ones included; `key` is customers.key, `id` the id in 12 bytes. Text is folded
-- where it is compared so.
CREATE TABLE customer_search (
    key INTEGER PRIMARY KEY,
    org INTEGER NOT NULL,
    id BLOB NOT NULL,
    deleted INTEGER NOT NULL,
    name TEXT,
    gender TEXT,
    presence TEXT,
    locale TEXT,
    activity_at INTEGER,
    last_seen_at INTEGER,
    signed_up_at INTEGER,
    last_message_sent_at INTEGER,
    last_message_out_sent_at INTEGER,
    last_message_unresponded_to_sent_at INTEGER,
    last_message_at INTEGER,
    external_id TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    modified_at INTEGER,
    created_by TEXT,
    modified_by TEXT,
    satisfaction_avg_score ANY,
    satisfaction_avg_rating ANY,
    conversations_count ANY,
    progressive_status TEXT,
    sentiment TEXT,
    default_lang TEXT,
    imported_at INTEGER,
    imported INTEGER,
    last_message_preview INTEGER,
    done ANY,
    open ANY,
    snoozed ANY,
    company_id TEXT,
    email_parts TEXT,
    shared_email_parts TEXT,
    phone_parts TEXT,
    shared_phone_parts TEXT,
    external_id_parts TEXT,
    shared_external_id_parts TEXT,
    social_userid_parts TEXT,
    social_username_parts TEXT,
    shared_social_userid_parts TEXT,
    shared_social_username_parts TEXT,
    c1 ANY, c2 ANY, c3 ANY, c4 ANY, c5 ANY, c6 ANY, c7 ANY, c8 ANY, c9 ANY, c10 ANY, 
    c11 ANY, c12 ANY, c13 ANY, c14 ANY, c15 ANY, c16 ANY, c17 ANY, c18 ANY, c19 ANY, c20 ANY, 
    c21 ANY, c22 ANY, c23 ANY, c24 ANY, c25 ANY, c26 ANY, c27 ANY, c28 ANY, c29 ANY, c30 ANY
) STRICT;

-- An index holds the rows with a value, and not the value that nearly all have. By id within a value where results are
-- paged along it; those by the moments of making and changing stand with customers.
CREATE INDEX customer_search_by_name ON customer_search (org, deleted, name, id) WHERE name IS NOT NULL;
CREATE INDEX customer_search_by_gender ON customer_search (org, deleted, gender, id) WHERE gender IS NOT NULL;
CREATE INDEX customer_search_by_presence ON customer_search (org, deleted, presence) WHERE presence IS NOT NULL;
CREATE INDEX customer_search_by_locale ON customer_search (org, deleted, locale) WHERE locale IS NOT NULL;
CREATE INDEX customer_search_by_activity_at ON customer_search (org, deleted, activity_at, id) WHERE activity_at IS NOT NULL;
CREATE INDEX customer_search_by_last_seen_at ON customer_search (org, deleted, last_seen_at, id) WHERE last_seen_at IS NOT NULL;
CREATE INDEX customer_search_by_signed_up_at ON customer_search (org, deleted, signed_up_at, id) WHERE signed_up_at IS NOT NULL;
CREATE INDEX customer_search_by_last_message_sent_at ON customer_search (org, deleted, last_message_sent_at, id) WHERE last_message_sent_at IS NOT NULL;
CREATE INDEX customer_search_by_last_message_out_sent_at ON customer_search (org, deleted, last_message_out_sent_at, id) WHERE last_message_out_sent_at IS NOT NULL;
CREATE INDEX customer_search_by_last_message_unresponded_to_sent_at ON customer_search (org, deleted, last_message_unresponded_to_sent_at, id) WHERE last_message_unresponded_to_sent_at IS NOT NULL;
CREATE INDEX customer_search_by_last_message_at ON customer_search (org, deleted, last_message_at, id) WHERE last_message_at IS NOT NULL;
CREATE INDEX customer_search_by_external_id ON customer_search (org, deleted, external_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX customer_search_by_modified_at ON customer_search (org, deleted, modified_at, id) WHERE modified_at IS NOT NULL;
CREATE INDEX customer_search_by_created_by ON customer_search (org, deleted, created_by) WHERE created_by IS NOT NULL;
CREATE INDEX customer_search_by_modified_by ON customer_search (org, deleted, modified_by) WHERE modified_by IS NOT NULL;
CREATE INDEX customer_search_by_satisfaction_avg_score ON customer_search (org, deleted, satisfaction_avg_score) WHERE satisfaction_avg_score IS NOT NULL;
CREATE INDEX customer_search_by_satisfaction_avg_rating ON customer_search (org, deleted, satisfaction_avg_rating) WHERE satisfaction_avg_rating IS NOT NULL;
CREATE INDEX customer_search_by_conversations_count ON customer_search (org, deleted, conversations_count) WHERE conversations_count <> 0;
CREATE INDEX customer_search_by_progressive_status ON customer_search (org, deleted, progressive_status, id) WHERE progressive_status IS NOT NULL;
CREATE INDEX customer_search_by_sentiment ON customer_search (org, deleted, sentiment) WHERE sentiment IS NOT NULL;
CREATE INDEX customer_search_by_default_lang ON customer_search (org, deleted, default_lang) WHERE default_lang IS NOT NULL;
CREATE INDEX customer_search_by_imported_at ON customer_search (org, deleted, imported_at) WHERE imported_at IS NOT NULL;
CREATE INDEX customer_search_by_imported ON customer_search (org, deleted, imported) WHERE imported <> 0;
CREATE INDEX customer_search_by_last_message_preview ON customer_search (org, deleted, last_message_preview, id) WHERE last_message_preview IS NOT NULL;
CREATE INDEX customer_search_by_done ON customer_search (org, deleted, done, id) WHERE done <> 0;
CREATE INDEX customer_search_by_open ON customer_search (org, deleted, open, id) WHERE open <> 0;
CREATE INDEX customer_search_by_snoozed ON customer_search (org, deleted, snoozed, id) WHERE snoozed <> 0;
CREATE INDEX customer_search_by_company_id ON customer_search (org, deleted, company_id, id) WHERE company_id IS NOT NULL;
CREATE INDEX customer_search_by_c1 ON customer_search (org, deleted, c1) WHERE c1 IS NOT NULL;
CREATE INDEX customer_search_by_c2 ON customer_search (org, deleted, c2) WHERE c2 IS NOT NULL;
CREATE INDEX customer_search_by_c3 ON customer_search (org, deleted, c3) WHERE c3 IS NOT NULL;
CREATE INDEX customer_search_by_c4 ON customer_search (org, deleted, c4) WHERE c4 IS NOT NULL;
CREATE INDEX customer_search_by_c5 ON customer_search (org, deleted, c5) WHERE c5 IS NOT NULL;
CREATE INDEX customer_search_by_c6 ON customer_search (org, deleted, c6) WHERE c6 IS NOT NULL;
CREATE INDEX customer_search_by_c7 ON customer_search (org, deleted, c7) WHERE c7 IS NOT NULL;
CREATE INDEX customer_search_by_c8 ON customer_search (org, deleted, c8) WHERE c8 IS NOT NULL;
CREATE INDEX customer_search_by_c9 ON customer_search (org, deleted, c9) WHERE c9 IS NOT NULL;
CREATE INDEX customer_search_by_c10 ON customer_search (org, deleted, c10) WHERE c10 IS NOT NULL;
CREATE INDEX customer_search_by_c11 ON customer_search (org, deleted, c11) WHERE c11 IS NOT NULL;
CREATE INDEX customer_search_by_c12 ON customer_search (org, deleted, c12) WHERE c12 IS NOT NULL;
CREATE INDEX customer_search_by_c13 ON customer_search (org, deleted, c13) WHERE c13 IS NOT NULL;
CREATE INDEX customer_search_by_c14 ON customer_search (org, deleted, c14) WHERE c14 IS NOT NULL;
CREATE INDEX customer_search_by_c15 ON customer_search (org, deleted, c15) WHERE c15 IS NOT NULL;
CREATE INDEX customer_search_by_c16 ON customer_search (org, deleted, c16) WHERE c16 IS NOT NULL;
CREATE INDEX customer_search_by_c17 ON customer_search (org, deleted, c17) WHERE c17 IS NOT NULL;
CREATE INDEX customer_search_by_c18 ON customer_search (org, deleted, c18) WHERE c18 IS NOT NULL;
CREATE INDEX customer_search_by_c19 ON customer_search (org, deleted, c19) WHERE c19 IS NOT NULL;
CREATE INDEX customer_search_by_c20 ON customer_search (org, deleted, c20) WHERE c20 IS NOT NULL;
CREATE INDEX customer_search_by_c21 ON customer_search (org, deleted, c21) WHERE c21 IS NOT NULL;
CREATE INDEX customer_search_by_c22 ON customer_search (org, deleted, c22) WHERE c22 IS NOT NULL;
CREATE INDEX customer_search_by_c23 ON customer_search (org, deleted, c23) WHERE c23 IS NOT NULL;
CREATE INDEX customer_search_by_c24 ON customer_search (org, deleted, c24) WHERE c24 IS NOT NULL;
CREATE INDEX customer_search_by_c25 ON customer_search (org, deleted, c25) WHERE c25 IS NOT NULL;
CREATE INDEX customer_search_by_c26 ON customer_search (org, deleted, c26) WHERE c26 IS NOT NULL;
CREATE INDEX customer_search_by_c27 ON customer_search (org, deleted, c27) WHERE c27 IS NOT NULL;
CREATE INDEX customer_search_by_c28 ON customer_search (org, deleted, c28) WHERE c28 IS NOT NULL;
CREATE INDEX customer_search_by_c29 ON customer_search (org, deleted, c29) WHERE c29 IS NOT NULL;
CREATE INDEX customer_search_by_c30 ON customer_search (org, deleted, c30) WHERE c30 IS NOT NULL;
CREATE INDEX customers_deleted_by_created_at ON customers (org, created_at, id) WHERE deleted = 1;
CREATE INDEX customers_deleted_by_updated_at ON customers (org, updated_at, id) WHERE deleted = 1;

-- Which custom attributes of an org stand in c1 to c30: those it used first. Slot 0 says that one went without.
CREATE TABLE search_slots (
    org       INTEGER NOT NULL,
    attribute TEXT NOT NULL,
    slot      INTEGER NOT NULL,
    PRIMARY KEY (org, attribute)
) STRICT, WITHOUT ROWID;

-- Words, parts, and the values of attributes that have several, by customers.key. They are cut by the program and name
-- org and attribute themselves; what the tokenizer would take apart is written otherwise.
CREATE VIRTUAL TABLE customer_words USING fts5(
    tokens, content = '', columnsize = 0, detail = none,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~ '"
);

-- Walks over results in an order that writes may change: the ids found at the beginning, 10,000 of 12 bytes a part.
CREATE TABLE walks (
    org     INTEGER NOT NULL,
    id      TEXT NOT NULL,
    length  INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE walk_parts (
    org  INTEGER NOT NULL,
    walk TEXT NOT NULL,
    part INTEGER NOT NULL,
    ids  BLOB NOT NULL,
    PRIMARY KEY (org, walk, part)
) STRICT;
