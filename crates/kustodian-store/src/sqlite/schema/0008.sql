-- Timers of conversations; drafts, and the outbox of deliveries.

ALTER TABLE conversations ADD COLUMN due_at TEXT;
CREATE INDEX conversations_by_due_at ON conversations (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;

CREATE TABLE drafts (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    due_at     TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX drafts_by_id ON drafts (org, id, deleted);
CREATE INDEX drafts_by_customer ON drafts (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;
CREATE INDEX drafts_by_conversation ON drafts (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;
CREATE INDEX drafts_by_due_at ON drafts (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;
CREATE INDEX drafts_by_home ON drafts (org, home, id) WHERE home <> id;

CREATE TABLE deliveries (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    due_at     TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX deliveries_by_id ON deliveries (org, id, deleted);
CREATE INDEX deliveries_by_customer ON deliveries (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;
CREATE INDEX deliveries_by_conversation ON deliveries (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;
CREATE INDEX deliveries_by_due_at ON deliveries (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;
CREATE INDEX deliveries_by_home ON deliveries (org, home, id) WHERE home <> id;
