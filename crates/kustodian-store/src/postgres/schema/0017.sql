-- What visitors do: no records, but narrow rows.

CREATE TABLE visitors (
    org          bigint NOT NULL,
    id           text COLLATE "C" NOT NULL,
    customer     text COLLATE "C",
    epoch        bigint NOT NULL,
    unidentified bigint NOT NULL,
    session      text COLLATE "C",
    seen_at      bigint NOT NULL,
    PRIMARY KEY (org, id)
);

CREATE INDEX visitors_by_customer ON visitors (org, customer) WHERE customer IS NOT NULL;
CREATE INDEX visitors_by_age ON visitors (org, seen_at);

CREATE TABLE visits (
    org      bigint NOT NULL,
    id       text COLLATE "C" NOT NULL,
    visitor  text COLLATE "C" NOT NULL,
    customer text COLLATE "C",
    name     text COLLATE "C" NOT NULL,
    first_at bigint NOT NULL,
    last_at  bigint NOT NULL,
    count    bigint NOT NULL,
    PRIMARY KEY (org, id)
);

CREATE INDEX visits_by_customer ON visits (org, customer, first_at, id) WHERE customer IS NOT NULL;
CREATE INDEX visits_by_visitor ON visits (org, visitor) WHERE customer IS NULL;
CREATE INDEX visits_by_age ON visits (org, first_at) WHERE customer IS NOT NULL;
CREATE INDEX visits_of_nobody_by_age ON visits (org, first_at) WHERE customer IS NULL;

CREATE TABLE tracked (
    org     bigint NOT NULL,
    visit   text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    name    text COLLATE "C" NOT NULL,
    details text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, visit, id)
);
