-- Names under which orgs write to their customers.
CREATE TABLE brands (
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

CREATE UNIQUE INDEX brands_by_id ON brands (org, id, deleted);

-- The hours in which orgs work.
CREATE TABLE schedules (
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

CREATE UNIQUE INDEX schedules_by_id ON schedules (org, id, deleted);

-- Senders whose messages are always spam, or never.
CREATE TABLE spam_senders (
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

CREATE UNIQUE INDEX spam_senders_by_id ON spam_senders (org, id, deleted);

-- Settings of satisfaction surveys.
CREATE TABLE satisfaction (
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

CREATE UNIQUE INDEX satisfaction_by_id ON satisfaction (org, id, deleted);

-- How soon customers are answered.
CREATE TABLE slas (
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

CREATE UNIQUE INDEX slas_by_id ON slas (org, id, deleted);

-- Where conversations wait for users.
CREATE TABLE routing_queues (
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

CREATE UNIQUE INDEX routing_queues_by_id ON routing_queues (org, id, deleted);

-- Searches under a name.
CREATE TABLE saved_searches (
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

CREATE UNIQUE INDEX saved_searches_by_id ON saved_searches (org, id, deleted);
