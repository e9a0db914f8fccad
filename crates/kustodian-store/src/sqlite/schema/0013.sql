-- Merges of customers: `source` went into `target`.

CREATE TABLE customer_merges (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    source     TEXT,
    target     TEXT
) STRICT;

CREATE UNIQUE INDEX customer_merges_by_id ON customer_merges (org, id, deleted);
CREATE INDEX customer_merges_by_source ON customer_merges (org, source, id) WHERE deleted = 0 AND source IS NOT NULL;
CREATE INDEX customer_merges_by_target ON customer_merges (org, target, id) WHERE deleted = 0 AND target IS NOT NULL;
