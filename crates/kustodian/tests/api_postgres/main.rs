//! The same tests of the API on PostgreSQL, and those of its own features: several servers on one database.
//!
//! They need a server in which they may make databases: `cargo xtask test` starts one, or `KUSTODIAN_TEST_POSTGRES`
//! names one.
#![cfg(test)]

#[path = "../api/attached.rs"]
mod attached;
#[path = "../api/attachments.rs"]
mod attachments;
#[path = "../api/attachments_kept.rs"]
mod attachments_kept;
#[path = "../api/audit_logs.rs"]
mod audit_logs;
#[path = "../api/auth.rs"]
mod auth;
#[path = "../api/backup.rs"]
mod backup;
#[path = "../api/beyond.rs"]
mod beyond;
#[path = "../api/bulk.rs"]
mod bulk;
#[path = "../api/client_reads/mod.rs"]
mod client_reads;
mod cluster;
#[path = "../api/companies.rs"]
mod companies;
#[path = "../api/company_names.rs"]
mod company_names;
#[path = "../api/contract.rs"]
mod contract;
#[path = "../api/conversations.rs"]
mod conversations;
mod copy;
#[path = "../api/customers/mod.rs"]
mod customers;
#[path = "../api/deliveries.rs"]
mod deliveries;
mod differential;
#[path = "../api/drafts.rs"]
mod drafts;
#[path = "../api/durability.rs"]
mod durability;
#[path = "../api/envelope.rs"]
mod envelope;
#[path = "../api/erase.rs"]
mod erase;
#[path = "../api/escalation.rs"]
mod escalation;
#[path = "../api/etags.rs"]
mod etags;
#[path = "../api/events.rs"]
mod events;
#[path = "../api/exporting.rs"]
mod exporting;
#[path = "../api/fairness.rs"]
mod fairness;
#[path = "../api/following.rs"]
mod following;
#[path = "../api/formats.rs"]
mod formats;
#[path = "../api/forwards.rs"]
mod forwards;
#[path = "../api/history.rs"]
mod history;
#[path = "../api/hooks.rs"]
mod hooks;
mod hostile;
#[path = "../api/idempotency.rs"]
mod idempotency;
#[path = "../api/importing.rs"]
mod importing;
#[path = "../api/isolation.rs"]
mod isolation;
#[path = "../api/kept.rs"]
mod kept;
mod killed;
#[path = "../api/klasses.rs"]
mod klasses;
#[path = "../api/kobjects.rs"]
mod kobjects;
#[path = "../api/laws.rs"]
mod laws;
#[path = "../api/lost_values.rs"]
mod lost_values;
#[path = "../api/merges.rs"]
mod merges;
#[path = "../api/metadata.rs"]
mod metadata;
#[path = "../api/object_storage.rs"]
mod object_storage;
#[path = "../api/orgs.rs"]
mod orgs;
#[path = "../api/page_bytes.rs"]
mod page_bytes;
#[path = "../api/people.rs"]
mod people;
mod place;
mod plan;
#[path = "../api/plug.rs"]
mod plug;
#[path = "../api/post_office.rs"]
mod post_office;
#[path = "../api/printed.rs"]
#[expect(dead_code, reason = "the list of all blocks is for the other engine's tests")]
mod printed;
mod printed_commands;
#[path = "../api/query_parameters.rs"]
mod query_parameters;
#[path = "../api/ran.rs"]
mod ran;
#[path = "../api/redactions.rs"]
mod redactions;
#[path = "../api/replay.rs"]
mod replay;
#[path = "../api/roles.rs"]
mod roles;
#[path = "../api/round_trip.rs"]
mod round_trip;
#[path = "../api/search/mod.rs"]
mod search;
#[path = "../api/secrets.rs"]
mod secrets;
#[path = "../api/seed.rs"]
mod seed;
#[path = "../api/sensitive.rs"]
mod sensitive;
#[path = "../api/sensitive_standard.rs"]
mod sensitive_standard;
#[path = "../api/server.rs"]
#[expect(dead_code, reason = "some of it serves the tests that are for SQLite alone")]
mod server;
#[path = "../api/settings.rs"]
mod settings;
mod several;
#[path = "../api/shortcuts.rs"]
mod shortcuts;
#[path = "../api/slas.rs"]
mod slas;
#[path = "../../../kustodian-store/tests/postgres/spreading.rs"]
mod spreading;
#[path = "../api/sqlite_file.rs"]
mod sqlite_file;
#[path = "../api/tags.rs"]
mod tags;
#[path = "../api/teams.rs"]
mod teams;
#[path = "../api/traces.rs"]
mod traces;
#[path = "../api/tracking.rs"]
mod tracking;
#[path = "../api/unmasking.rs"]
mod unmasking;
#[path = "../api/users.rs"]
mod users;
#[path = "../api/validate_only.rs"]
mod validate_only;
mod verified;
#[path = "../api/visibility.rs"]
mod visibility;
#[path = "../api/webhooks.rs"]
mod webhooks;
#[path = "../api/words.rs"]
mod words;
#[path = "../api/world.rs"]
mod world;
#[path = "../api/written_values.rs"]
mod written_values;
