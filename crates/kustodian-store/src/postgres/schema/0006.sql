-- Conversations, messages and notes. `home` is the conversation of a message or a note, the customer of a note without
-- one, or its own id.

CREATE TABLE conversations (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    customer   text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX conversations_by_created_at ON conversations (org, created_at, id) WHERE NOT deleted;
CREATE INDEX conversations_by_updated_at ON conversations (org, updated_at, id) WHERE NOT deleted;
CREATE INDEX conversations_by_customer ON conversations (org, customer, deleted, id) WHERE customer IS NOT NULL;

CREATE TABLE messages (
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
    home       text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id, home) INCLUDE (deleted)
);

CREATE INDEX messages_by_created_at ON messages (org, created_at, id) WHERE NOT deleted;
CREATE INDEX messages_by_updated_at ON messages (org, updated_at, id) WHERE NOT deleted;
CREATE INDEX messages_by_customer ON messages (org, customer, id) WHERE NOT deleted AND customer IS NOT NULL;
CREATE INDEX messages_by_conversation ON messages (org, conversation, id) WHERE NOT deleted AND conversation IS NOT NULL;
CREATE INDEX messages_by_home ON messages (org, home, id) WHERE home <> id;

CREATE TABLE notes (
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
    home       text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id, home) INCLUDE (deleted)
);

CREATE INDEX notes_by_created_at ON notes (org, created_at, id) WHERE NOT deleted;
CREATE INDEX notes_by_updated_at ON notes (org, updated_at, id) WHERE NOT deleted;
CREATE INDEX notes_by_customer ON notes (org, customer, id) WHERE NOT deleted AND customer IS NOT NULL;
CREATE INDEX notes_by_conversation ON notes (org, conversation, id) WHERE NOT deleted AND conversation IS NOT NULL;
CREATE INDEX notes_by_home ON notes (org, home, id) WHERE home <> id;

-- A search for messages or notes may ask for their conversation, one for conversations for their messages and notes.

ALTER TABLE search_records ADD COLUMN conversation text COLLATE "C";

CREATE INDEX search_records_by_conversation ON search_records (org, kind, conversation) WHERE conversation IS NOT NULL;

-- The words and parts of words of every searched record but customers.

ALTER TABLE search_records ADD COLUMN words tsvector;

CREATE INDEX search_records_by_words ON search_records USING gin (words);
