-- What visitors do: no records, but narrow rows.

CREATE TABLE visitors (
    org          INTEGER NOT NULL,
    id           TEXT NOT NULL,
    customer     TEXT,
    epoch        INTEGER NOT NULL,
    unidentified INTEGER NOT NULL,
    session      TEXT,
    seen_at      INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX visitors_by_customer ON visitors (org, customer) WHERE customer IS NOT NULL;
CREATE INDEX visitors_by_age ON visitors (org, seen_at);

CREATE TABLE visits (
    org      INTEGER NOT NULL,
    id       TEXT NOT NULL,
    visitor  TEXT NOT NULL,
    customer TEXT,
    name     TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX visits_by_customer ON visits (org, customer, first_at, id) WHERE customer IS NOT NULL;
CREATE INDEX visits_by_visitor ON visits (org, visitor) WHERE customer IS NULL;
CREATE INDEX visits_by_age ON visits (org, first_at) WHERE customer IS NOT NULL;
CREATE INDEX visits_of_nobody_by_age ON visits (org, first_at) WHERE customer IS NULL;

CREATE TABLE tracked (
    org     INTEGER NOT NULL,
    visit   TEXT NOT NULL,
    id      TEXT NOT NULL,
    at      INTEGER NOT NULL,
    name    TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (org, visit, id)
) STRICT, WITHOUT ROWID;
