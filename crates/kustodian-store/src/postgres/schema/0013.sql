-- Merges of customers: `source` went into `target`.

CREATE TABLE customer_merges (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    source     text COLLATE "C",
    target     text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX customer_merges_by_source ON customer_merges (org, source, id) WHERE NOT deleted AND source IS NOT NULL;
CREATE INDEX customer_merges_by_target ON customer_merges (org, target, id) WHERE NOT deleted AND target IS NOT NULL;
