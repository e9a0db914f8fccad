-- How far what customers are found by goes: those with greater keys in customers have no row in customer_search and no
-- words yet. There is one row.
CREATE TABLE search_progress (
    indexed INTEGER NOT NULL
) STRICT;

INSERT INTO search_progress (indexed) SELECT ifnull(max(key), 0) FROM customers;
