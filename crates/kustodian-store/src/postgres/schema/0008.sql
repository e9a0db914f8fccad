-- Timers of conversations; drafts, and the outbox of deliveries.

ALTER TABLE conversations ADD COLUMN due_at text COLLATE "C";
CREATE INDEX conversations_by_due_at ON conversations (due_at, org, id) WHERE NOT deleted AND due_at IS NOT NULL;

CREATE TABLE drafts (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    customer   text COLLATE "C",
    conversation text COLLATE "C",
    due_at     text COLLATE "C",
    home       text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id, home) INCLUDE (deleted)
);

CREATE INDEX drafts_by_customer ON drafts (org, customer, id) WHERE NOT deleted AND customer IS NOT NULL;
CREATE INDEX drafts_by_conversation ON drafts (org, conversation, id) WHERE NOT deleted AND conversation IS NOT NULL;
CREATE INDEX drafts_by_due_at ON drafts (due_at, org, id) WHERE NOT deleted AND due_at IS NOT NULL;
CREATE INDEX drafts_by_home ON drafts (org, home, id) WHERE home <> id;

CREATE TABLE deliveries (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    customer   text COLLATE "C",
    conversation text COLLATE "C",
    due_at     text COLLATE "C",
    home       text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id, home) INCLUDE (deleted)
);

CREATE INDEX deliveries_by_customer ON deliveries (org, customer, id) WHERE NOT deleted AND customer IS NOT NULL;
CREATE INDEX deliveries_by_conversation ON deliveries (org, conversation, id) WHERE NOT deleted AND conversation IS NOT NULL;
CREATE INDEX deliveries_by_due_at ON deliveries (due_at, org, id) WHERE NOT deleted AND due_at IS NOT NULL;
CREATE INDEX deliveries_by_home ON deliveries (org, home, id) WHERE home <> id;
