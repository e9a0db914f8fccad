-- Attachments and media. `owner` is the message, note, draft or forward that an attachment belongs to; `sha256` are the
-- bytes that are kept for it.

CREATE TABLE attachments (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    owner      text COLLATE "C",
    conversation text COLLATE "C",
    customer   text COLLATE "C",
    sha256     text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX attachments_by_owner ON attachments (org, owner, id) WHERE NOT deleted AND owner IS NOT NULL;
CREATE INDEX attachments_by_conversation ON attachments (org, conversation, deleted, id) WHERE conversation IS NOT NULL;
CREATE INDEX attachments_by_customer ON attachments (org, customer, deleted, id) WHERE customer IS NOT NULL;
CREATE INDEX attachments_by_sha256 ON attachments (org, sha256, id) WHERE NOT deleted AND sha256 IS NOT NULL;

CREATE TABLE media (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    sha256     text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX media_by_sha256 ON media (org, sha256, id) WHERE NOT deleted AND sha256 IS NOT NULL;
