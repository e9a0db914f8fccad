-- Klasses and kobjects. `home` is the customer that a kobject was created for, or its own id.

CREATE TABLE klasses (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    status     TEXT
) STRICT;

CREATE UNIQUE INDEX klasses_by_id ON klasses (org, id, deleted);
CREATE INDEX klasses_by_status ON klasses (org, status, id) WHERE deleted = 0 AND status IS NOT NULL;

CREATE TABLE kobjects (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    klass      TEXT,
    customer   TEXT,
    company    TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX kobjects_by_id ON kobjects (org, id, deleted);
CREATE INDEX kobjects_by_created_at ON kobjects (org, created_at, id) WHERE deleted = 0;
CREATE INDEX kobjects_by_updated_at ON kobjects (org, updated_at, id) WHERE deleted = 0;
CREATE INDEX kobjects_by_klass ON kobjects (org, klass, id) WHERE deleted = 0 AND klass IS NOT NULL;
CREATE INDEX kobjects_by_customer_klass ON kobjects (org, customer, klass, id) WHERE deleted = 0 AND customer IS NOT NULL AND klass IS NOT NULL;
CREATE INDEX kobjects_by_company_klass ON kobjects (org, company, klass, id) WHERE deleted = 0 AND company IS NOT NULL AND klass IS NOT NULL;
CREATE INDEX kobjects_by_home ON kobjects (org, home, id) WHERE home <> id;
