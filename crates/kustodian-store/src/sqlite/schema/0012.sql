-- Bulk jobs.

CREATE TABLE bulk_jobs (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    due_at     TEXT
) STRICT;

CREATE UNIQUE INDEX bulk_jobs_by_id ON bulk_jobs (org, id, deleted);
CREATE INDEX bulk_jobs_by_due_at ON bulk_jobs (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;
