-- Secret addresses that other systems post to.
CREATE TABLE inbound_webhooks (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id) INCLUDE (deleted)
);
