-- What changes from day to day changes here and there: a row in every page of a table, all of which would have to be written. So what changed
-- lately stands in tables of its own, in front of what is settled, and comes to it when it has become much (src/state/recent.rs).

DROP VIEW v_memberships;
DROP TRIGGER memberships_added;
DROP TRIGGER memberships_changed;
DROP TRIGGER memberships_gone;
-- Views that others made go on reading what is called `memberships`.
PRAGMA legacy_alter_table = ON;
ALTER TABLE memberships RENAME TO settled_memberships;
PRAGMA legacy_alter_table = OFF;

-- Without a moment since when: not any more.
CREATE TABLE recent_memberships (
  name        INTEGER NOT NULL REFERENCES names (id),
  user        INTEGER NOT NULL REFERENCES users (number),
  value       INTEGER REFERENCES level_values (id),
  since       INTEGER,
  PRIMARY KEY (name, user)
) WITHOUT ROWID;

-- Numbers of users, four bytes each and little-endian, with eight bytes of what their hash is since that run.
CREATE TABLE recent_fingerprints (
  run         INTEGER PRIMARY KEY REFERENCES runs (number),
  hashes      BLOB    NOT NULL
);

CREATE VIEW memberships AS
  SELECT name, user, value, since FROM settled_memberships AS settled
  WHERE NOT EXISTS (SELECT 1 FROM recent_memberships AS recent WHERE recent.name = settled.name AND recent.user = settled.user)
  UNION ALL
  SELECT name, user, value, since FROM recent_memberships WHERE since IS NOT NULL;

CREATE VIEW v_memberships AS
  SELECT users.key AS user, names.kind, names.name, level_values.value, {memberships.since} AS since
  FROM memberships JOIN users ON users.number = memberships.user JOIN names ON names.id = memberships.name
       LEFT JOIN level_values ON level_values.id = memberships.value;

-- Whoever changes rows by hand changes them in the view.
CREATE TRIGGER memberships_added INSTEAD OF INSERT ON memberships BEGIN
  SELECT RAISE(ABORT, 'the user has that name already') FROM memberships WHERE name = NEW.name AND user = NEW.user;
  DELETE FROM settled_memberships WHERE name = NEW.name AND user = NEW.user;
  DELETE FROM recent_memberships WHERE name = NEW.name AND user = NEW.user;
  INSERT INTO settled_memberships VALUES (NEW.name, NEW.user, NEW.value, NEW.since);
  DELETE FROM packed;
END;
CREATE TRIGGER memberships_changed INSTEAD OF UPDATE ON memberships BEGIN
  DELETE FROM settled_memberships WHERE name = OLD.name AND user = OLD.user;
  DELETE FROM recent_memberships WHERE name = OLD.name AND user = OLD.user;
  INSERT INTO memberships VALUES (NEW.name, NEW.user, NEW.value, NEW.since);
END;
CREATE TRIGGER memberships_gone INSTEAD OF DELETE ON memberships BEGIN
  DELETE FROM settled_memberships WHERE name = OLD.name AND user = OLD.user;
  DELETE FROM recent_memberships WHERE name = OLD.name AND user = OLD.user;
  DELETE FROM packed;
END;
-- Who is forgotten goes with what the view does not show: that they were in something until lately.
CREATE TRIGGER users_forgotten BEFORE DELETE ON users BEGIN
  DELETE FROM settled_memberships WHERE user = OLD.number;
  DELETE FROM recent_memberships WHERE user = OLD.number;
END;
