-- Since when a custom attribute is held by no customer, in milliseconds: its name is about to be deleted. What stands for a
-- name that was deleted begins with "!".
ALTER TABLE search_slots ADD COLUMN retired_at bigint;

-- The feed of a reader who may not read customers is found in here: it must not pass over all of their events.
CREATE INDEX positions_of_others ON positions (org, position) INCLUDE (kind, at, actor) WHERE kind <> 'customer';
