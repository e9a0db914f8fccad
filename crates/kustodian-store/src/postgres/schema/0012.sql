-- Bulk jobs.

CREATE TABLE bulk_jobs (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    due_at     text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX bulk_jobs_by_due_at ON bulk_jobs (due_at, org, id) WHERE NOT deleted AND due_at IS NOT NULL;
