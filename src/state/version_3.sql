-- What deeds are called in the ledger, wherever rules put them later (src/engine/stateful/named.rs). Whether anything was ever decided about a
-- user follows from the ledger, and is a column no more: it was written into a row of every user who was told something.

DROP VIEW v_users;
ALTER TABLE users DROP COLUMN acted;

CREATE TABLE deeds (
  segment     INTEGER NOT NULL REFERENCES names (id),
  deed        TEXT    NOT NULL,
  place       TEXT,
  trigger     TEXT    NOT NULL,
  words       TEXT    NOT NULL,
  PRIMARY KEY (segment, deed)
) WITHOUT ROWID;

CREATE VIEW v_users AS
  SELECT key, {coalesce(seen, (SELECT max(as_of) FROM runs))} AS seen, seen IS NOT NULL AS absent,
         EXISTS (SELECT 1 FROM decisions WHERE decisions.user = users.number) AS acted
  FROM users;
