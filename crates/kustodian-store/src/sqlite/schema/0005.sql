-- The search index of all searched kinds but customers.

CREATE TABLE search_records (
    org      INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    id       BLOB NOT NULL,
    deleted  INTEGER NOT NULL,
    customer BLOB,
    company  BLOB,
    PRIMARY KEY (org, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_records_by_customer ON search_records (org, kind, customer) WHERE customer IS NOT NULL;
CREATE INDEX search_records_by_company ON search_records (org, kind, company) WHERE company IS NOT NULL;

CREATE TABLE search_terms (
    org    INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    term   TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (org, kind, term, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_terms_by_record ON search_terms (org, kind, record, term);
