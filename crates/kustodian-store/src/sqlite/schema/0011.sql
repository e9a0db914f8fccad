-- What users do in conversations, and how long each time took. `home` is the conversation.

CREATE TABLE conversation_times (
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

CREATE UNIQUE INDEX conversation_times_by_id ON conversation_times (org, id, deleted);
CREATE INDEX conversation_times_by_conversation ON conversation_times (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;
CREATE INDEX conversation_times_by_home ON conversation_times (org, home, id) WHERE home <> id;
