-- Forwards of conversations.

CREATE TABLE forwards (
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

CREATE UNIQUE INDEX forwards_by_id ON forwards (org, id, deleted);
CREATE INDEX forwards_by_customer ON forwards (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;
CREATE INDEX forwards_by_conversation ON forwards (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;
CREATE INDEX forwards_by_due_at ON forwards (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;
CREATE INDEX forwards_by_home ON forwards (org, home, id) WHERE home <> id;
