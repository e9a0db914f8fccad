-- Role groups, which teams may grant; sessions among the tokens.

CREATE TABLE role_groups (
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

ALTER TABLE teams ADD COLUMN granting text COLLATE "C";
CREATE INDEX teams_by_granting ON teams (org, granting, id) WHERE NOT deleted AND granting IS NOT NULL;

-- Where a person signed in; empty for an API key.
ALTER TABLE tokens ADD COLUMN ip_address text COLLATE "C";
ALTER TABLE tokens ADD COLUMN user_agent text COLLATE "C";
ALTER TABLE tokens ADD COLUMN last_used_at bigint;
