-- Where tables are spread over machines, positions are first given, and the end of the feed moves when all machines show
-- them: up to where they are given. Null where both happen in one transaction.
ALTER TABLE feeds ADD COLUMN given bigint;
ALTER TABLE feeds ADD COLUMN given_link bytea;
