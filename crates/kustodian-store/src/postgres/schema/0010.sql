-- Forwards of conversations.

CREATE TABLE forwards (
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

CREATE INDEX forwards_by_customer ON forwards (org, customer, id) WHERE NOT deleted AND customer IS NOT NULL;
CREATE INDEX forwards_by_conversation ON forwards (org, conversation, id) WHERE NOT deleted AND conversation IS NOT NULL;
CREATE INDEX forwards_by_due_at ON forwards (due_at, org, id) WHERE NOT deleted AND due_at IS NOT NULL;
CREATE INDEX forwards_by_home ON forwards (org, home, id) WHERE home <> id;
