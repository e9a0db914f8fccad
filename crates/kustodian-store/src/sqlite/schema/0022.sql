-- Events with their ids as bytes and the beginnings of their names left out: fewer bytes in each row and in three indexes.
-- `event_columns.rs` reads and writes them. A text that is no id stays as it is, to be reported.
CREATE TABLE shorter_events (
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

INSERT INTO shorter_events
SELECT org, position, ifnull(unhex(id), CAST(id AS BLOB)), kind, ifnull(unhex(record), CAST(record AS BLOB)), rev,
       iif(substr(name, 1, length(kind) + 10) = 'kustomer.' || kind || '.', substr(name, length(kind) + 10), name),
       at, ifnull(unhex(actor), CAST(actor AS BLOB)), client, digest, link, salt,
       iif(length(request_id) = 24 AND lower(request_id) = request_id, ifnull(unhex(request_id), request_id), request_id),
       changes, snapshot
FROM events;

DROP TABLE events;
ALTER TABLE shorter_events RENAME TO events;

CREATE UNIQUE INDEX events_by_record ON events (org, kind, record, rev, at);
CREATE INDEX events_by_id ON events (org, id);
-- What is asked of many events is answered in here alone.
CREATE INDEX events_by_moment ON events (org, at, kind, actor);
