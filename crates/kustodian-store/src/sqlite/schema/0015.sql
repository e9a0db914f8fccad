-- Role groups, which teams may grant; sessions among the tokens.

CREATE TABLE role_groups (
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

CREATE UNIQUE INDEX role_groups_by_id ON role_groups (org, id, deleted);

ALTER TABLE teams ADD COLUMN granting TEXT;
CREATE INDEX teams_by_granting ON teams (org, granting, id) WHERE deleted = 0 AND granting IS NOT NULL;

-- Where a person signed in; empty for an API key.
ALTER TABLE tokens ADD COLUMN ip_address TEXT;
ALTER TABLE tokens ADD COLUMN user_agent TEXT;
ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;
