-- How people of an org sign in. What earlier versions kept of it in notes becomes records when it is next read.
CREATE TABLE auth_settings (
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

-- Who has failed to sign in of late, by a hash of the account or the address, so that all servers count together.
CREATE TABLE failed_attempts (
    key   bytea PRIMARY KEY,
    count bigint NOT NULL,
    last  bigint NOT NULL
);

CREATE INDEX failed_attempts_by_last ON failed_attempts (last);
