-- What users do in conversations, and how long each time took. `home` is the conversation.

CREATE TABLE conversation_times (
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

CREATE INDEX conversation_times_by_conversation ON conversation_times (org, conversation, id) WHERE NOT deleted AND conversation IS NOT NULL;
CREATE INDEX conversation_times_by_home ON conversation_times (org, home, id) WHERE home <> id;
