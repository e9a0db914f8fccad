-- Attachments and media. `owner` is the message, note, draft or forward that an attachment belongs to; `sha256` are the
-- bytes that are kept for it.

CREATE TABLE attachments (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    owner      TEXT,
    conversation TEXT,
    customer   TEXT,
    sha256     TEXT
) STRICT;

CREATE UNIQUE INDEX attachments_by_id ON attachments (org, id, deleted);
CREATE INDEX attachments_by_owner ON attachments (org, owner, id) WHERE deleted = 0 AND owner IS NOT NULL;
CREATE INDEX attachments_by_conversation ON attachments (org, conversation, deleted, id) WHERE conversation IS NOT NULL;
CREATE INDEX attachments_by_customer ON attachments (org, customer, deleted, id) WHERE customer IS NOT NULL;
CREATE INDEX attachments_by_sha256 ON attachments (org, sha256, id) WHERE deleted = 0 AND sha256 IS NOT NULL;

CREATE TABLE media (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    sha256     TEXT
) STRICT;

CREATE UNIQUE INDEX media_by_id ON media (org, id, deleted);
CREATE INDEX media_by_sha256 ON media (org, sha256, id) WHERE deleted = 0 AND sha256 IS NOT NULL;
