-- The search index of all searched kinds but customers is filled again when this is done: what a record has in a column of
-- `search_records` has no term, and numbers and moments have `#` before them.
-- No list of messages or notes is in these orders.

DROP INDEX messages_by_created_at;
DROP INDEX messages_by_updated_at;
DROP INDEX notes_by_created_at;
DROP INDEX notes_by_updated_at;
