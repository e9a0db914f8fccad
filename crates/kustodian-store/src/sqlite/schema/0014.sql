-- What orgs say of custom attributes.

CREATE TABLE metadata (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    masked     TEXT
) STRICT;

CREATE UNIQUE INDEX metadata_by_id ON metadata (org, id, deleted);
CREATE INDEX metadata_by_masked ON metadata (org, masked, id) WHERE deleted = 0 AND masked IS NOT NULL;
