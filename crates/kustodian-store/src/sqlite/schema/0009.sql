-- The orders in which deleted records are listed; on SQLite searches made two of those of customers.

CREATE INDEX customers_deleted_by_id ON customers (org, id) WHERE deleted = 1;

CREATE INDEX conversations_deleted_by_id ON conversations (org, id) WHERE deleted = 1;
CREATE INDEX conversations_deleted_by_created_at ON conversations (org, created_at, id) WHERE deleted = 1;
CREATE INDEX conversations_deleted_by_updated_at ON conversations (org, updated_at, id) WHERE deleted = 1;
