-- Conversations, messages and notes. `home` is the conversation of a message or a note, the customer of a note without
-- one, or its own id.

CREATE TABLE conversations (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT
) STRICT;

CREATE UNIQUE INDEX conversations_by_id ON conversations (org, id, deleted);
CREATE INDEX conversations_by_created_at ON conversations (org, created_at, id) WHERE deleted = 0;
CREATE INDEX conversations_by_updated_at ON conversations (org, updated_at, id) WHERE deleted = 0;
CREATE INDEX conversations_by_customer ON conversations (org, customer, deleted, id) WHERE customer IS NOT NULL;

CREATE TABLE messages (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX messages_by_id ON messages (org, id, deleted);
CREATE INDEX messages_by_created_at ON messages (org, created_at, id) WHERE deleted = 0;
CREATE INDEX messages_by_updated_at ON messages (org, updated_at, id) WHERE deleted = 0;
CREATE INDEX messages_by_customer ON messages (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;
CREATE INDEX messages_by_conversation ON messages (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;
CREATE INDEX messages_by_home ON messages (org, home, id) WHERE home <> id;

CREATE TABLE notes (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX notes_by_id ON notes (org, id, deleted);
CREATE INDEX notes_by_created_at ON notes (org, created_at, id) WHERE deleted = 0;
CREATE INDEX notes_by_updated_at ON notes (org, updated_at, id) WHERE deleted = 0;
CREATE INDEX notes_by_customer ON notes (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;
CREATE INDEX notes_by_conversation ON notes (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;
CREATE INDEX notes_by_home ON notes (org, home, id) WHERE home <> id;

-- A search for messages or notes may ask for their conversation, one for conversations for their messages and notes.

ALTER TABLE search_records ADD COLUMN conversation BLOB;

CREATE INDEX search_records_by_conversation ON search_records (org, kind, conversation) WHERE conversation IS NOT NULL;

-- The words and parts of words of every searched record but customers: a row for each record, whose rowid is made of its key
-- in the table of its kind and a number of its kind. `words` in search_records is a hash of them: words that stay the same are
-- not written.

ALTER TABLE search_records ADD COLUMN words INTEGER;

CREATE VIRTUAL TABLE search_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~ '"
);
