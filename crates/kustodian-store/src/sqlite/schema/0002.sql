-- How far what customers are found by goes: those with greater keys in customers have no row in customer_search and no
-- words yet. There is one row.
CREATE TABLE search_progress (
    indexed INTEGER NOT NULL
) STRICT;

INSERT INTO search_progress (indexed) SELECT ifnull(max(key), 0) FROM customers;

-- Segments of words are merged by the writer, a little at a time and when it has least to do: by themselves they would be
-- merged in bursts of 20 ms and more while others wait.
INSERT INTO customer_words (customer_words, rank) VALUES ('automerge', 0);
INSERT INTO customer_words (customer_words, rank) VALUES ('usermerge', 8);
