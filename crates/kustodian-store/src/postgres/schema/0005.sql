-- The search index of all searched kinds but customers, stored beside their homes.

CREATE TABLE search_records (
    home     text COLLATE "C" NOT NULL,
    org      bigint NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    deleted  boolean NOT NULL,
    customer text COLLATE "C",
    company  text COLLATE "C",
    PRIMARY KEY (org, kind, id, home)
);

CREATE INDEX search_records_by_customer ON search_records (org, kind, customer) WHERE customer IS NOT NULL;
CREATE INDEX search_records_by_company ON search_records (org, kind, company) WHERE company IS NOT NULL;

CREATE TABLE search_terms (
    home   text COLLATE "C" NOT NULL,
    org    bigint NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    term   text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, kind, term, record, home)
);

CREATE INDEX search_terms_by_record ON search_terms (org, kind, record, term);
