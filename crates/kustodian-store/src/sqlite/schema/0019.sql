-- Secret addresses that other systems post to.
CREATE TABLE inbound_webhooks (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX inbound_webhooks_by_id ON inbound_webhooks (org, id, deleted);
