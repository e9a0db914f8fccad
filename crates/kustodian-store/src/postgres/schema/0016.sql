-- Names under which orgs write to their customers.
CREATE TABLE brands (
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

-- The hours in which orgs work.
CREATE TABLE schedules (
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

-- Senders whose messages are always spam, or never.
CREATE TABLE spam_senders (
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

-- Settings of satisfaction surveys.
CREATE TABLE satisfaction (
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

-- How soon customers are answered.
CREATE TABLE slas (
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

-- Where conversations wait for users.
CREATE TABLE routing_queues (
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

-- Searches under a name.
CREATE TABLE saved_searches (
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
