-- What orgs say of custom attributes.

CREATE TABLE metadata (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    masked     text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX metadata_by_masked ON metadata (org, masked, id) WHERE NOT deleted AND masked IS NOT NULL;
