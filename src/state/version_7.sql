-- Most of a decision is as it is for many others of the run: it stands once (src/state/alike.rs), and a row of the ledger has what is its own. What
-- a hash is written as takes half as much as the text. `decisions` is a view of both with the columns that it had.

-- Views, our own among them, go on reading what is called `decisions`.
PRAGMA legacy_alter_table = ON;
ALTER TABLE decisions RENAME TO former_decisions;
PRAGMA legacy_alter_table = OFF;

CREATE TABLE alike (
  id          INTEGER PRIMARY KEY,
  run         INTEGER NOT NULL REFERENCES runs (number),
  segment     INTEGER NOT NULL REFERENCES names (id),
  deed        TEXT    NOT NULL,
  trigger     TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  do          TEXT    NOT NULL,
  channel     TEXT,
  variant     TEXT,
  not_before  INTEGER,
  not_after   INTEGER,
  stopped     TEXT,
  stopped_by  TEXT,
  entered     INTEGER NOT NULL,
  decided_at  INTEGER NOT NULL,
  exempt      INTEGER NOT NULL CHECK (exempt IN (0, 1))
);

CREATE TABLE ledger (
  number      INTEGER PRIMARY KEY,
  action_id           NOT NULL UNIQUE,
  user        INTEGER NOT NULL REFERENCES users (number),
  alike       INTEGER NOT NULL REFERENCES alike (id),
  message     TEXT,
  with        TEXT    NOT NULL,
  occasion    TEXT
);
CREATE INDEX ledger_by_user ON ledger (user);

INSERT INTO alike (run, segment, deed, trigger, reason, do, channel, variant, not_before, not_after, stopped, stopped_by, entered, decided_at, exempt)
  SELECT DISTINCT run, segment, deed, trigger, reason, do, channel, variant, not_before, not_after, stopped, stopped_by, entered, decided_at, exempt
  FROM former_decisions ORDER BY number;
CREATE INDEX alike_sought ON alike (run, segment, deed, entered);
INSERT INTO ledger (number, action_id, user, alike, message, with, occasion)
  SELECT former.number,
         CASE WHEN length(action_id) = 32 AND action_id NOT GLOB '*[^0-9a-f]*' THEN unhex(action_id) ELSE action_id END,
         user, alike.id, message, with, occasion
  FROM former_decisions AS former CROSS JOIN alike
    ON alike.run = former.run AND alike.segment = former.segment AND alike.deed = former.deed AND alike.entered = former.entered
       AND alike.trigger = former.trigger AND alike.reason = former.reason AND alike.do = former.do
       AND alike.channel IS former.channel AND alike.variant IS former.variant
       AND alike.not_before IS former.not_before AND alike.not_after IS former.not_after
       AND alike.stopped IS former.stopped AND alike.stopped_by IS former.stopped_by
       AND alike.decided_at = former.decided_at AND alike.exempt = former.exempt
  ORDER BY former.number;
DROP INDEX alike_sought;
DROP TABLE former_decisions;

CREATE VIEW decisions AS
  SELECT ledger.number,
         CASE typeof(ledger.action_id) WHEN 'blob' THEN lower(hex(ledger.action_id)) ELSE ledger.action_id END AS action_id,
         alike.run, ledger.user, alike.segment, alike.deed, alike.trigger, alike.reason, alike.do, alike.channel, alike.variant,
         ledger.message, ledger.with, alike.not_before, alike.not_after, alike.stopped, alike.stopped_by, alike.entered,
         ledger.occasion, alike.decided_at, alike.exempt
  FROM ledger LEFT JOIN alike ON alike.id = ledger.alike;

-- Who is forgotten is taken out of the view.
CREATE TRIGGER decisions_gone INSTEAD OF DELETE ON decisions BEGIN
  DELETE FROM ledger WHERE number = OLD.number;
END;
