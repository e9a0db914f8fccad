-- Klasses and kobjects. `home` is the customer that a kobject was created for, or its own id.

CREATE TABLE klasses (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    status     text COLLATE "C",
    PRIMARY KEY (org, id) INCLUDE (deleted)
);

CREATE INDEX klasses_by_status ON klasses (org, status, id) WHERE NOT deleted AND status IS NOT NULL;

CREATE TABLE kobjects (
    id         text COLLATE "C" NOT NULL,
    org        bigint NOT NULL,
    rev        bigint NOT NULL,
    format     bigint NOT NULL,
    deleted    boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    document   text COLLATE "C" NOT NULL,
    klass      text COLLATE "C",
    customer   text COLLATE "C",
    company    text COLLATE "C",
    home       text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, id, home) INCLUDE (deleted)
);

CREATE INDEX kobjects_by_created_at ON kobjects (org, created_at, id) WHERE NOT deleted;
CREATE INDEX kobjects_by_updated_at ON kobjects (org, updated_at, id) WHERE NOT deleted;
CREATE INDEX kobjects_by_klass ON kobjects (org, klass, id) WHERE NOT deleted AND klass IS NOT NULL;
CREATE INDEX kobjects_by_customer_klass ON kobjects (org, customer, klass, id) WHERE NOT deleted AND customer IS NOT NULL AND klass IS NOT NULL;
CREATE INDEX kobjects_by_company_klass ON kobjects (org, company, klass, id) WHERE NOT deleted AND company IS NOT NULL AND klass IS NOT NULL;
CREATE INDEX kobjects_by_home ON kobjects (org, home, id) WHERE home <> id;
