-- The newest schema at once, for a new file. Generated from the steps by `cargo xtask schema`: change nothing here.

CREATE TABLE orgs (
    key        INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, so that no stray row changes hands
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id         TEXT NOT NULL PRIMARY KEY,
    org        INTEGER NOT NULL REFERENCES orgs (key),
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,                     -- a JSON array
    hash       BLOB NOT NULL UNIQUE,              -- SHA-256 of the token
    last_chars TEXT NOT NULL,
    cidr       TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
, ip_address TEXT, user_agent TEXT, last_used_at INTEGER) STRICT;

CREATE INDEX tokens_by_user ON tokens (org, user_id);

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX customers_by_id ON customers (org, id, deleted);

CREATE INDEX customers_by_created_at ON customers (org, created_at, id) WHERE deleted = 0;

CREATE INDEX customers_by_updated_at ON customers (org, updated_at, id) WHERE deleted = 0;

CREATE TABLE tags (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX tags_by_id ON tags (org, id, deleted);

CREATE TABLE users (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX users_by_id ON users (org, id, deleted);

CREATE TABLE teams (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
, granting TEXT) STRICT;

CREATE UNIQUE INDEX teams_by_id ON teams (org, id, deleted);

CREATE TABLE shortcuts (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX shortcuts_by_id ON shortcuts (org, id, deleted);

CREATE TABLE live_counts (
    org  INTEGER NOT NULL,
    kind TEXT NOT NULL,
    live INTEGER NOT NULL,
    PRIMARY KEY (org, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    key   BLOB NOT NULL PRIMARY KEY,
    org   INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    owner TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    key         BLOB NOT NULL PRIMARY KEY,
    org         INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,                    -- SHA-256 of the request
    kind        TEXT NOT NULL,
    record      TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_by_end ON receipts (expires_at);

CREATE TABLE feeds (
    org      INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    link     BLOB NOT NULL
) STRICT;

CREATE TABLE customer_search (
    key INTEGER PRIMARY KEY,
    org INTEGER NOT NULL,
    id BLOB NOT NULL,
    deleted INTEGER NOT NULL,
    name TEXT,
    gender TEXT,
    presence TEXT,
    locale TEXT,
    activity_at INTEGER,
    last_seen_at INTEGER,
    signed_up_at INTEGER,
    last_message_sent_at INTEGER,
    last_message_out_sent_at INTEGER,
    last_message_unresponded_to_sent_at INTEGER,
    last_message_at INTEGER,
    external_id TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    modified_at INTEGER,
    created_by TEXT,
    modified_by TEXT,
    satisfaction_avg_score ANY,
    satisfaction_avg_rating ANY,
    conversations_count ANY,
    progressive_status TEXT,
    sentiment TEXT,
    default_lang TEXT,
    imported_at INTEGER,
    imported INTEGER,
    last_message_preview INTEGER,
    done ANY,
    open ANY,
    snoozed ANY,
    company_id TEXT,
    email_parts TEXT,
    shared_email_parts TEXT,
    phone_parts TEXT,
    shared_phone_parts TEXT,
    external_id_parts TEXT,
    shared_external_id_parts TEXT,
    social_userid_parts TEXT,
    social_username_parts TEXT,
    shared_social_userid_parts TEXT,
    shared_social_username_parts TEXT,
    c1 ANY, c2 ANY, c3 ANY, c4 ANY, c5 ANY, c6 ANY, c7 ANY, c8 ANY, c9 ANY, c10 ANY, 
    c11 ANY, c12 ANY, c13 ANY, c14 ANY, c15 ANY, c16 ANY, c17 ANY, c18 ANY, c19 ANY, c20 ANY, 
    c21 ANY, c22 ANY, c23 ANY, c24 ANY, c25 ANY, c26 ANY, c27 ANY, c28 ANY, c29 ANY, c30 ANY
) STRICT;

CREATE INDEX customer_search_by_name ON customer_search (org, deleted, name, id) WHERE name IS NOT NULL;

CREATE INDEX customer_search_by_gender ON customer_search (org, deleted, gender, id) WHERE gender IS NOT NULL;

CREATE INDEX customer_search_by_presence ON customer_search (org, deleted, presence) WHERE presence IS NOT NULL;

CREATE INDEX customer_search_by_locale ON customer_search (org, deleted, locale) WHERE locale IS NOT NULL;

CREATE INDEX customer_search_by_activity_at ON customer_search (org, deleted, activity_at, id) WHERE activity_at IS NOT NULL;

CREATE INDEX customer_search_by_last_seen_at ON customer_search (org, deleted, last_seen_at, id) WHERE last_seen_at IS NOT NULL;

CREATE INDEX customer_search_by_signed_up_at ON customer_search (org, deleted, signed_up_at, id) WHERE signed_up_at IS NOT NULL;

CREATE INDEX customer_search_by_last_message_sent_at ON customer_search (org, deleted, last_message_sent_at, id) WHERE last_message_sent_at IS NOT NULL;

CREATE INDEX customer_search_by_last_message_out_sent_at ON customer_search (org, deleted, last_message_out_sent_at, id) WHERE last_message_out_sent_at IS NOT NULL;

CREATE INDEX customer_search_by_last_message_unresponded_to_sent_at ON customer_search (org, deleted, last_message_unresponded_to_sent_at, id) WHERE last_message_unresponded_to_sent_at IS NOT NULL;

CREATE INDEX customer_search_by_last_message_at ON customer_search (org, deleted, last_message_at, id) WHERE last_message_at IS NOT NULL;

CREATE INDEX customer_search_by_external_id ON customer_search (org, deleted, external_id, id) WHERE external_id IS NOT NULL;

CREATE INDEX customer_search_by_modified_at ON customer_search (org, deleted, modified_at, id) WHERE modified_at IS NOT NULL;

CREATE INDEX customer_search_by_created_by ON customer_search (org, deleted, created_by) WHERE created_by IS NOT NULL;

CREATE INDEX customer_search_by_modified_by ON customer_search (org, deleted, modified_by) WHERE modified_by IS NOT NULL;

CREATE INDEX customer_search_by_satisfaction_avg_score ON customer_search (org, deleted, satisfaction_avg_score) WHERE satisfaction_avg_score IS NOT NULL;

CREATE INDEX customer_search_by_satisfaction_avg_rating ON customer_search (org, deleted, satisfaction_avg_rating) WHERE satisfaction_avg_rating IS NOT NULL;

CREATE INDEX customer_search_by_conversations_count ON customer_search (org, deleted, conversations_count) WHERE conversations_count <> 0;

CREATE INDEX customer_search_by_progressive_status ON customer_search (org, deleted, progressive_status, id) WHERE progressive_status IS NOT NULL;

CREATE INDEX customer_search_by_sentiment ON customer_search (org, deleted, sentiment) WHERE sentiment IS NOT NULL;

CREATE INDEX customer_search_by_default_lang ON customer_search (org, deleted, default_lang) WHERE default_lang IS NOT NULL;

CREATE INDEX customer_search_by_imported_at ON customer_search (org, deleted, imported_at) WHERE imported_at IS NOT NULL;

CREATE INDEX customer_search_by_imported ON customer_search (org, deleted, imported) WHERE imported <> 0;

CREATE INDEX customer_search_by_last_message_preview ON customer_search (org, deleted, last_message_preview, id) WHERE last_message_preview IS NOT NULL;

CREATE INDEX customer_search_by_done ON customer_search (org, deleted, done, id) WHERE done <> 0;

CREATE INDEX customer_search_by_open ON customer_search (org, deleted, open, id) WHERE open <> 0;

CREATE INDEX customer_search_by_snoozed ON customer_search (org, deleted, snoozed, id) WHERE snoozed <> 0;

CREATE INDEX customer_search_by_company_id ON customer_search (org, deleted, company_id, id) WHERE company_id IS NOT NULL;

CREATE INDEX customer_search_by_c1 ON customer_search (org, deleted, c1) WHERE c1 IS NOT NULL;

CREATE INDEX customer_search_by_c2 ON customer_search (org, deleted, c2) WHERE c2 IS NOT NULL;

CREATE INDEX customer_search_by_c3 ON customer_search (org, deleted, c3) WHERE c3 IS NOT NULL;

CREATE INDEX customer_search_by_c4 ON customer_search (org, deleted, c4) WHERE c4 IS NOT NULL;

CREATE INDEX customer_search_by_c5 ON customer_search (org, deleted, c5) WHERE c5 IS NOT NULL;

CREATE INDEX customer_search_by_c6 ON customer_search (org, deleted, c6) WHERE c6 IS NOT NULL;

CREATE INDEX customer_search_by_c7 ON customer_search (org, deleted, c7) WHERE c7 IS NOT NULL;

CREATE INDEX customer_search_by_c8 ON customer_search (org, deleted, c8) WHERE c8 IS NOT NULL;

CREATE INDEX customer_search_by_c9 ON customer_search (org, deleted, c9) WHERE c9 IS NOT NULL;

CREATE INDEX customer_search_by_c10 ON customer_search (org, deleted, c10) WHERE c10 IS NOT NULL;

CREATE INDEX customer_search_by_c11 ON customer_search (org, deleted, c11) WHERE c11 IS NOT NULL;

CREATE INDEX customer_search_by_c12 ON customer_search (org, deleted, c12) WHERE c12 IS NOT NULL;

CREATE INDEX customer_search_by_c13 ON customer_search (org, deleted, c13) WHERE c13 IS NOT NULL;

CREATE INDEX customer_search_by_c14 ON customer_search (org, deleted, c14) WHERE c14 IS NOT NULL;

CREATE INDEX customer_search_by_c15 ON customer_search (org, deleted, c15) WHERE c15 IS NOT NULL;

CREATE INDEX customer_search_by_c16 ON customer_search (org, deleted, c16) WHERE c16 IS NOT NULL;

CREATE INDEX customer_search_by_c17 ON customer_search (org, deleted, c17) WHERE c17 IS NOT NULL;

CREATE INDEX customer_search_by_c18 ON customer_search (org, deleted, c18) WHERE c18 IS NOT NULL;

CREATE INDEX customer_search_by_c19 ON customer_search (org, deleted, c19) WHERE c19 IS NOT NULL;

CREATE INDEX customer_search_by_c20 ON customer_search (org, deleted, c20) WHERE c20 IS NOT NULL;

CREATE INDEX customer_search_by_c21 ON customer_search (org, deleted, c21) WHERE c21 IS NOT NULL;

CREATE INDEX customer_search_by_c22 ON customer_search (org, deleted, c22) WHERE c22 IS NOT NULL;

CREATE INDEX customer_search_by_c23 ON customer_search (org, deleted, c23) WHERE c23 IS NOT NULL;

CREATE INDEX customer_search_by_c24 ON customer_search (org, deleted, c24) WHERE c24 IS NOT NULL;

CREATE INDEX customer_search_by_c25 ON customer_search (org, deleted, c25) WHERE c25 IS NOT NULL;

CREATE INDEX customer_search_by_c26 ON customer_search (org, deleted, c26) WHERE c26 IS NOT NULL;

CREATE INDEX customer_search_by_c27 ON customer_search (org, deleted, c27) WHERE c27 IS NOT NULL;

CREATE INDEX customer_search_by_c28 ON customer_search (org, deleted, c28) WHERE c28 IS NOT NULL;

CREATE INDEX customer_search_by_c29 ON customer_search (org, deleted, c29) WHERE c29 IS NOT NULL;

CREATE INDEX customer_search_by_c30 ON customer_search (org, deleted, c30) WHERE c30 IS NOT NULL;

CREATE INDEX customers_deleted_by_created_at ON customers (org, created_at, id) WHERE deleted = 1;

CREATE INDEX customers_deleted_by_updated_at ON customers (org, updated_at, id) WHERE deleted = 1;

CREATE TABLE search_slots (
    org       INTEGER NOT NULL,
    attribute TEXT NOT NULL,
    slot      INTEGER NOT NULL,
    PRIMARY KEY (org, attribute)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE customer_words USING fts5(
    tokens, content = '', columnsize = 0, detail = none,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~ '"
);

CREATE TABLE walks (
    org     INTEGER NOT NULL,
    id      TEXT NOT NULL,
    length  INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE walk_parts (
    org  INTEGER NOT NULL,
    walk TEXT NOT NULL,
    part INTEGER NOT NULL,
    ids  BLOB NOT NULL,
    PRIMARY KEY (org, walk, part)
) STRICT;

CREATE TABLE search_progress (
    indexed INTEGER NOT NULL
) STRICT;

CREATE TABLE companies (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    name       TEXT
) STRICT;

CREATE UNIQUE INDEX companies_by_id ON companies (org, id, deleted);

CREATE INDEX companies_by_name ON companies (org, name, id) WHERE deleted = 0 AND name IS NOT NULL;

CREATE TABLE klasses (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    status     TEXT
) STRICT;

CREATE UNIQUE INDEX klasses_by_id ON klasses (org, id, deleted);

CREATE INDEX klasses_by_status ON klasses (org, status, id) WHERE deleted = 0 AND status IS NOT NULL;

CREATE TABLE kobjects (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    klass      TEXT,
    customer   TEXT,
    company    TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX kobjects_by_id ON kobjects (org, id, deleted);

CREATE INDEX kobjects_by_created_at ON kobjects (org, created_at, id) WHERE deleted = 0;

CREATE INDEX kobjects_by_updated_at ON kobjects (org, updated_at, id) WHERE deleted = 0;

CREATE INDEX kobjects_by_klass ON kobjects (org, klass, id) WHERE deleted = 0 AND klass IS NOT NULL;

CREATE INDEX kobjects_by_customer_klass ON kobjects (org, customer, klass, id) WHERE deleted = 0 AND customer IS NOT NULL AND klass IS NOT NULL;

CREATE INDEX kobjects_by_company_klass ON kobjects (org, company, klass, id) WHERE deleted = 0 AND company IS NOT NULL AND klass IS NOT NULL;

CREATE INDEX kobjects_by_home ON kobjects (org, home, id) WHERE home <> id;

CREATE TABLE conversations (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT
, due_at TEXT) STRICT;

CREATE UNIQUE INDEX conversations_by_id ON conversations (org, id, deleted);

CREATE INDEX conversations_by_created_at ON conversations (org, created_at, id) WHERE deleted = 0;

CREATE INDEX conversations_by_updated_at ON conversations (org, updated_at, id) WHERE deleted = 0;

CREATE INDEX conversations_by_customer ON conversations (org, customer, deleted, id) WHERE customer IS NOT NULL;

CREATE TABLE messages (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX messages_by_id ON messages (org, id, deleted);

CREATE INDEX messages_by_customer ON messages (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;

CREATE INDEX messages_by_conversation ON messages (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;

CREATE INDEX messages_by_home ON messages (org, home, id) WHERE home <> id;

CREATE TABLE notes (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX notes_by_id ON notes (org, id, deleted);

CREATE INDEX notes_by_customer ON notes (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;

CREATE INDEX notes_by_conversation ON notes (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;

CREATE INDEX notes_by_home ON notes (org, home, id) WHERE home <> id;

CREATE VIRTUAL TABLE search_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~ '"
);

CREATE TABLE attachments (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    owner      TEXT,
    conversation TEXT,
    customer   TEXT,
    sha256     TEXT
) STRICT;

CREATE UNIQUE INDEX attachments_by_id ON attachments (org, id, deleted);

CREATE INDEX attachments_by_owner ON attachments (org, owner, id) WHERE deleted = 0 AND owner IS NOT NULL;

CREATE INDEX attachments_by_conversation ON attachments (org, conversation, deleted, id) WHERE conversation IS NOT NULL;

CREATE INDEX attachments_by_customer ON attachments (org, customer, deleted, id) WHERE customer IS NOT NULL;

CREATE INDEX attachments_by_sha256 ON attachments (org, sha256, id) WHERE deleted = 0 AND sha256 IS NOT NULL;

CREATE TABLE media (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    sha256     TEXT
) STRICT;

CREATE UNIQUE INDEX media_by_id ON media (org, id, deleted);

CREATE INDEX media_by_sha256 ON media (org, sha256, id) WHERE deleted = 0 AND sha256 IS NOT NULL;

CREATE INDEX conversations_by_due_at ON conversations (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;

CREATE TABLE drafts (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    due_at     TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX drafts_by_id ON drafts (org, id, deleted);

CREATE INDEX drafts_by_customer ON drafts (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;

CREATE INDEX drafts_by_conversation ON drafts (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;

CREATE INDEX drafts_by_due_at ON drafts (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;

CREATE INDEX drafts_by_home ON drafts (org, home, id) WHERE home <> id;

CREATE TABLE deliveries (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    due_at     TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX deliveries_by_id ON deliveries (org, id, deleted);

CREATE INDEX deliveries_by_customer ON deliveries (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;

CREATE INDEX deliveries_by_conversation ON deliveries (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;

CREATE INDEX deliveries_by_due_at ON deliveries (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;

CREATE INDEX deliveries_by_home ON deliveries (org, home, id) WHERE home <> id;

CREATE INDEX customers_deleted_by_id ON customers (org, id) WHERE deleted = 1;

CREATE INDEX conversations_deleted_by_id ON conversations (org, id) WHERE deleted = 1;

CREATE INDEX conversations_deleted_by_created_at ON conversations (org, created_at, id) WHERE deleted = 1;

CREATE INDEX conversations_deleted_by_updated_at ON conversations (org, updated_at, id) WHERE deleted = 1;

CREATE TABLE forwards (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    due_at     TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX forwards_by_id ON forwards (org, id, deleted);

CREATE INDEX forwards_by_customer ON forwards (org, customer, id) WHERE deleted = 0 AND customer IS NOT NULL;

CREATE INDEX forwards_by_conversation ON forwards (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;

CREATE INDEX forwards_by_due_at ON forwards (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;

CREATE INDEX forwards_by_home ON forwards (org, home, id) WHERE home <> id;

CREATE TABLE conversation_times (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    customer   TEXT,
    conversation TEXT,
    home       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX conversation_times_by_id ON conversation_times (org, id, deleted);

CREATE INDEX conversation_times_by_conversation ON conversation_times (org, conversation, id) WHERE deleted = 0 AND conversation IS NOT NULL;

CREATE INDEX conversation_times_by_home ON conversation_times (org, home, id) WHERE home <> id;

CREATE TABLE bulk_jobs (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    due_at     TEXT
) STRICT;

CREATE UNIQUE INDEX bulk_jobs_by_id ON bulk_jobs (org, id, deleted);

CREATE INDEX bulk_jobs_by_due_at ON bulk_jobs (due_at, org, id) WHERE deleted = 0 AND due_at IS NOT NULL;

CREATE TABLE customer_merges (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    source     TEXT,
    target     TEXT
) STRICT;

CREATE UNIQUE INDEX customer_merges_by_id ON customer_merges (org, id, deleted);

CREATE INDEX customer_merges_by_source ON customer_merges (org, source, id) WHERE deleted = 0 AND source IS NOT NULL;

CREATE INDEX customer_merges_by_target ON customer_merges (org, target, id) WHERE deleted = 0 AND target IS NOT NULL;

CREATE TABLE metadata (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL,
    masked     TEXT
) STRICT;

CREATE UNIQUE INDEX metadata_by_id ON metadata (org, id, deleted);

CREATE INDEX metadata_by_masked ON metadata (org, masked, id) WHERE deleted = 0 AND masked IS NOT NULL;

CREATE TABLE role_groups (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX role_groups_by_id ON role_groups (org, id, deleted);

CREATE INDEX teams_by_granting ON teams (org, granting, id) WHERE deleted = 0 AND granting IS NOT NULL;

CREATE TABLE brands (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX brands_by_id ON brands (org, id, deleted);

CREATE TABLE schedules (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX schedules_by_id ON schedules (org, id, deleted);

CREATE TABLE spam_senders (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX spam_senders_by_id ON spam_senders (org, id, deleted);

CREATE TABLE satisfaction (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX satisfaction_by_id ON satisfaction (org, id, deleted);

CREATE TABLE slas (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX slas_by_id ON slas (org, id, deleted);

CREATE TABLE routing_queues (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX routing_queues_by_id ON routing_queues (org, id, deleted);

CREATE TABLE saved_searches (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX saved_searches_by_id ON saved_searches (org, id, deleted);

CREATE TABLE visitors (
    org          INTEGER NOT NULL,
    id           TEXT NOT NULL,
    customer     TEXT,
    epoch        INTEGER NOT NULL,
    unidentified INTEGER NOT NULL,
    session      TEXT,
    seen_at      INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX visitors_by_customer ON visitors (org, customer) WHERE customer IS NOT NULL;

CREATE INDEX visitors_by_age ON visitors (org, seen_at);

CREATE TABLE visits (
    org      INTEGER NOT NULL,
    id       TEXT NOT NULL,
    visitor  TEXT NOT NULL,
    customer TEXT,
    name     TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX visits_by_customer ON visits (org, customer, first_at, id) WHERE customer IS NOT NULL;

CREATE INDEX visits_by_visitor ON visits (org, visitor) WHERE customer IS NULL;

CREATE INDEX visits_by_age ON visits (org, first_at) WHERE customer IS NOT NULL;

CREATE INDEX visits_of_nobody_by_age ON visits (org, first_at) WHERE customer IS NULL;

CREATE TABLE tracked (
    org     INTEGER NOT NULL,
    visit   TEXT NOT NULL,
    id      TEXT NOT NULL,
    at      INTEGER NOT NULL,
    name    TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (org, visit, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbound_webhooks (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX outbound_webhooks_by_id ON outbound_webhooks (org, id, deleted);

CREATE TABLE inbound_webhooks (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX inbound_webhooks_by_id ON inbound_webhooks (org, id, deleted);

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

CREATE TABLE auth_settings (
    key        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    org        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document   ANY NOT NULL
) STRICT;

CREATE UNIQUE INDEX auth_settings_by_id ON auth_settings (org, id, deleted);

CREATE TABLE "events" (
    org        INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    id         BLOB NOT NULL,
    kind       TEXT NOT NULL,
    record     BLOB NOT NULL,
    rev        INTEGER NOT NULL,                  -- the revision it led to
    name       TEXT NOT NULL,                     -- without kustomer.<kind>, if it begins so
    at         INTEGER NOT NULL,
    actor      BLOB,
    client     TEXT NOT NULL,
    digest     BLOB NOT NULL,
    link       BLOB NOT NULL,
    salt       BLOB,                              -- null once erased
    request_id ANY NOT NULL,                      -- a BLOB if it is an id; empty once erased
    changes    ANY,                               -- null on a create, and once erased
    snapshot   ANY,                               -- the whole record, now and then; null once erased
    PRIMARY KEY (org, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX events_by_record ON events (org, kind, record, rev, at);

CREATE INDEX events_by_id ON events (org, id);

CREATE INDEX events_by_moment ON events (org, at, kind, actor);

INSERT INTO search_progress (indexed) VALUES (0);
INSERT INTO customer_words (customer_words, rank) VALUES ('automerge', 0);
INSERT INTO customer_words (customer_words, rank) VALUES ('usermerge', 8);
