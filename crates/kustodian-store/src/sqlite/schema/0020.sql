-- The search index of all searched kinds but customers, in fewer bytes; it is filled again when this is done. `kind` is the
-- letter of the kind that words begin with. What a record has in a column here has no term. The index that leads from a record to
-- its terms holds, of messages, notes and times, numbers and moments alone: those have `#` before them.

DROP TABLE search_terms;
DROP TABLE search_records;

CREATE TABLE search_records (
    org          INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    id           BLOB NOT NULL,
    deleted      INTEGER NOT NULL,
    customer     BLOB,
    company      BLOB,
    conversation BLOB,
    words        INTEGER,
    PRIMARY KEY (org, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_records_by_customer ON search_records (org, kind, customer) WHERE customer IS NOT NULL;
CREATE INDEX search_records_by_company ON search_records (org, kind, company) WHERE company IS NOT NULL;
CREATE INDEX search_records_by_conversation ON search_records (org, kind, conversation) WHERE conversation IS NOT NULL;

CREATE TABLE search_terms (
    org    INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    term   TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (org, kind, term, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_terms_by_record ON search_terms (org, kind, record, term) WHERE kind < 'e' OR instr(term, '#') > 0;

-- No list of messages or notes is in these orders.

DROP INDEX messages_by_created_at;
DROP INDEX messages_by_updated_at;
DROP INDEX notes_by_created_at;
DROP INDEX notes_by_updated_at;
