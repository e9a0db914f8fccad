-- Companies; `name` is the name as names are compared.

CREATE TABLE companies (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    name       TEXT
) STRICT;

CREATE UNIQUE INDEX companies_by_id ON companies (org, id, deleted);
CREATE INDEX companies_by_name ON companies (org, name, id) WHERE deleted = 0 AND name IS NOT NULL;
