-- An action is one user's (its id is a hash of the user's key, among others), so that none is there twice is seen among the actions of its user: they stand
-- together in the index. Among those of all users each would stand somewhere else, and every day write nearly all of an index again.

-- Views go on reading what is called `ledger`.
PRAGMA legacy_alter_table = ON;
ALTER TABLE ledger RENAME TO former_ledger;
PRAGMA legacy_alter_table = OFF;
DROP INDEX ledger_by_user;

CREATE TABLE ledger (
  number      INTEGER PRIMARY KEY,
  action_id           NOT NULL,
  user        INTEGER NOT NULL REFERENCES users (number),
  alike       INTEGER NOT NULL REFERENCES alike (id),
  message     TEXT,
  with        TEXT    NOT NULL,
  occasion    TEXT
);
INSERT INTO ledger SELECT * FROM former_ledger ORDER BY number;
DROP TABLE former_ledger;
CREATE UNIQUE INDEX ledger_by_user ON ledger (user, action_id);
