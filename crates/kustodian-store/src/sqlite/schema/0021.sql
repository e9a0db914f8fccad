-- How people of an org sign in. What earlier versions kept of it in notes becomes records when it is next read.
CREATE TABLE auth_settings (
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

CREATE UNIQUE INDEX auth_settings_by_id ON auth_settings (org, id, deleted);
