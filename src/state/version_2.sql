-- What the next run reads, packed by 65,536 users (src/state/packed.rs). Fingerprints stand here alone: of each piece eight bytes a
-- user. The rest stands in rows too; whoever changes rows by hand throws the packed ones away, and the next run reads the rows.
-- A run changes both, and sets no trigger off.

CREATE TABLE fingerprints (
  piece       INTEGER PRIMARY KEY,
  hashes      BLOB    NOT NULL
);

CREATE TABLE packed (
  kind        TEXT    NOT NULL,
  id          INTEGER NOT NULL,
  piece       INTEGER NOT NULL,
  bytes       BLOB    NOT NULL,
  UNIQUE (kind, id, piece)
);

CREATE TRIGGER users_added         AFTER INSERT ON users       BEGIN DELETE FROM packed; END;
CREATE TRIGGER users_changed       AFTER UPDATE ON users       BEGIN DELETE FROM packed; END;
CREATE TRIGGER users_gone          AFTER DELETE ON users       BEGIN DELETE FROM packed; END;
CREATE TRIGGER memberships_added   AFTER INSERT ON memberships BEGIN DELETE FROM packed; END;
CREATE TRIGGER memberships_changed AFTER UPDATE ON memberships BEGIN DELETE FROM packed; END;
CREATE TRIGGER memberships_gone    AFTER DELETE ON memberships BEGIN DELETE FROM packed; END;
CREATE TRIGGER kept_added          AFTER INSERT ON kept        BEGIN DELETE FROM packed; END;
CREATE TRIGGER kept_changed        AFTER UPDATE ON kept        BEGIN DELETE FROM packed; END;
CREATE TRIGGER kept_gone           AFTER DELETE ON kept        BEGIN DELETE FROM packed; END;
