-- What a run remembers for the next one. Told in docs/state.md, which is a public contract: columns are added, never changed.
-- Moments are microseconds since 1970-01-01T00:00:00Z; the views write them out.

CREATE TABLE runs (
  number      INTEGER PRIMARY KEY,
  as_of       INTEGER NOT NULL,
  rulebook    TEXT    NOT NULL,
  rules       TEXT    NOT NULL,
  version     TEXT    NOT NULL,
  timezone    TEXT    NOT NULL,
  key_type    TEXT    NOT NULL,
  population  INTEGER
);

CREATE TABLE rule_files (
  place       INTEGER PRIMARY KEY,
  file        TEXT    NOT NULL,
  text        TEXT    NOT NULL
);

CREATE TABLE params (
  name        TEXT    PRIMARY KEY,
  value       TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE lists (
  name        TEXT    PRIMARY KEY,
  fingerprint INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE names (
  id          INTEGER PRIMARY KEY,
  kind        TEXT    NOT NULL CHECK (kind IN ('segment', 'tag', 'level', 'layer', 'funnel')),
  name        TEXT    NOT NULL,
  first_run   INTEGER NOT NULL REFERENCES runs (number),
  UNIQUE (kind, name)
);

CREATE TABLE level_values (
  id          INTEGER PRIMARY KEY,
  name        INTEGER NOT NULL REFERENCES names (id),
  value       TEXT    NOT NULL,
  UNIQUE (name, value)
);

CREATE TABLE users (
  number      INTEGER PRIMARY KEY,
  key         TEXT    NOT NULL,
  fingerprint INTEGER NOT NULL,
  seen        INTEGER,
  acted       INTEGER NOT NULL DEFAULT 0 CHECK (acted IN (0, 1))
);
CREATE UNIQUE INDEX users_by_key ON users (key);

CREATE TABLE memberships (
  name        INTEGER NOT NULL REFERENCES names (id),
  user        INTEGER NOT NULL REFERENCES users (number),
  value       INTEGER REFERENCES level_values (id),
  since       INTEGER NOT NULL,
  PRIMARY KEY (name, user)
) WITHOUT ROWID;

CREATE TABLE kept (
  value       INTEGER NOT NULL REFERENCES level_values (id),
  user        INTEGER NOT NULL REFERENCES users (number),
  reached     INTEGER,
  held        INTEGER NOT NULL CHECK (held IN (0, 1)),
  PRIMARY KEY (value, user)
) WITHOUT ROWID;

CREATE TABLE transitions (
  number      INTEGER PRIMARY KEY,
  run         INTEGER NOT NULL REFERENCES runs (number),
  user        INTEGER NOT NULL REFERENCES users (number),
  segment     INTEGER NOT NULL REFERENCES names (id),
  entered     INTEGER NOT NULL CHECK (entered IN (0, 1)),
  reason      TEXT    NOT NULL
);

CREATE TABLE decisions (
  number      INTEGER PRIMARY KEY,
  action_id   TEXT    NOT NULL UNIQUE,
  run         INTEGER NOT NULL REFERENCES runs (number),
  user        INTEGER NOT NULL REFERENCES users (number),
  segment     INTEGER NOT NULL REFERENCES names (id),
  deed        TEXT    NOT NULL,
  trigger     TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  do          TEXT    NOT NULL,
  channel     TEXT,
  variant     TEXT,
  message     TEXT,
  with        TEXT    NOT NULL,
  not_before  INTEGER,
  not_after   INTEGER,
  stopped     TEXT,
  stopped_by  TEXT,
  entered     INTEGER NOT NULL,
  occasion    TEXT,
  decided_at  INTEGER NOT NULL,
  exempt      INTEGER NOT NULL CHECK (exempt IN (0, 1))
);
CREATE INDEX decisions_by_user ON decisions (user);
CREATE INDEX decisions_by_moment ON decisions (decided_at);

CREATE VIEW v_runs AS
  SELECT number, {as_of} AS as_of, rulebook, rules, version, timezone FROM runs;

CREATE VIEW v_users AS
  SELECT key, {coalesce(seen, (SELECT max(as_of) FROM runs))} AS seen, seen IS NOT NULL AS absent, acted FROM users;

CREATE VIEW v_memberships AS
  SELECT users.key AS user, names.kind, names.name, level_values.value, {memberships.since} AS since
  FROM memberships JOIN users ON users.number = memberships.user JOIN names ON names.id = memberships.name
       LEFT JOIN level_values ON level_values.id = memberships.value;

CREATE VIEW v_kept AS
  SELECT users.key AS user, names.name AS level, level_values.value,
         {coalesce(kept.reached, users.seen, (SELECT max(as_of) FROM runs))} AS reached, kept.held
  FROM kept JOIN users ON users.number = kept.user JOIN level_values ON level_values.id = kept.value
       JOIN names ON names.id = level_values.name;

CREATE VIEW v_transitions AS
  SELECT {runs.as_of} AS as_of, users.key AS user, names.name AS segment,
         CASE transitions.entered WHEN 1 THEN 'entered' ELSE 'left' END AS change, transitions.reason
  FROM transitions JOIN runs ON runs.number = transitions.run JOIN users ON users.number = transitions.user
       JOIN names ON names.id = transitions.segment;

CREATE VIEW v_decisions AS
  SELECT decisions.action_id, decisions.run, {decisions.decided_at} AS as_of, users.key AS user, names.name AS segment,
         decisions.deed, decisions.trigger, decisions.reason, decisions.do, decisions.channel, decisions.message, decisions.with,
         decisions.variant, {decisions.not_before} AS not_before, {decisions.not_after} AS not_after, decisions.stopped,
         decisions.stopped_by, {decisions.entered} AS entered, decisions.occasion, decisions.exempt
  FROM decisions JOIN users ON users.number = decisions.user JOIN names ON names.id = decisions.segment;
