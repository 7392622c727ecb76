#!/usr/bin/env python3
"""A sender for the decisions of Tagwell: sends each once, at its time, and writes down what came of it.

    tagwell run rules/winback --state shop.state --actions decisions.jsonl
    python3 sender.py --decisions decisions.jsonl --callbacks callbacks.csv --outcomes outcomes.csv
    tagwell run rules/winback --state shop.state --actions decisions.jsonl --data outcomes=outcomes.csv

An example to copy: put your own gateways in the place of `Outbox`. The standard library is all that it needs.
"""

import argparse
import csv
import json
import os
import sqlite3
import sys
import tempfile
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

SCHEMA = """
CREATE TABLE IF NOT EXISTS actions (
  action_id  TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL,
  decision   TEXT NOT NULL,            -- the record, as it was read
  not_before TEXT NOT NULL,            -- UTC; '' where it may go at once
  not_after  TEXT NOT NULL,            -- UTC; '9' where nothing ends it
  state      TEXT NOT NULL,            -- waiting, sending, sent, expired, refused, given up, cancelled
  attempts   INTEGER NOT NULL DEFAULT 0,
  next_try   TEXT NOT NULL DEFAULT '', -- UTC
  told       TEXT                      -- what the gateway said last
);
CREATE TABLE IF NOT EXISTS outcomes (
  action_id   TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  outcome     TEXT NOT NULL,           -- delivered, opened, clicked, converted, unsubscribed
  happened_at TEXT NOT NULL,           -- UTC
  PRIMARY KEY (action_id, outcome)
);
"""

OUTCOMES = ("delivered", "opened", "clicked", "converted", "unsubscribed")


class Unavailable(Exception):
    """The gateway cannot take it now, and may later."""


class Unusable(Exception):
    """A file that was given is not what it should be; nothing of it was taken."""


class Refused(Exception):
    """The gateway will never take it: no such number, no such address."""


class Outbox:
    """Stands for a gateway: what is sent becomes a line of a file. It knows an id again, as good gateways do."""

    def __init__(self, path):
        self.path = path
        self.known = set()
        if os.path.exists(path):
            with open(path, "r+b") as outbox:
                lines = outbox.read()
                # What has no end of its line was being written when the machine stopped: it did not go out.
                whole = lines.rfind(b"\n") + 1
                outbox.truncate(whole)
            self.known = {json.loads(line)["id"] for line in lines[:whole].split(b"\n") if line.strip()}

    def deliver(self, decision):
        """Sends a message or hands over a task. The id goes along, so that a second attempt is known for what it is."""
        if decision["action_id"] in self.known:
            return
        keys = ("user_id", "do", "channel", "message", "with")
        line = {"id": decision["action_id"], **{key: decision[key] for key in keys}}
        with open(self.path, "a", encoding="utf-8") as outbox:
            outbox.write(json.dumps(line, ensure_ascii=False) + "\n")
            outbox.flush()
            os.fsync(outbox.fileno())
        self.known.add(decision["action_id"])


def utc(text):
    """A moment with its offset as text in UTC, which sorts as moments do."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"`{text}` has no offset")
    return stamp(moment)


def stamp(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Sender:
    """Decisions on their way, kept in a file: killed at any moment, it goes on where it was."""

    MOST_ATTEMPTS = 5
    FIRST_PAUSE = timedelta(minutes=1)

    def __init__(self, memory, gateway, now=None):
        self.gateway = gateway
        self.now = now or (lambda: datetime.now(timezone.utc))
        self.memory = sqlite3.connect(memory, isolation_level=None, timeout=0)
        # One sender at a time: a second one is told so at once, and cannot take for lost what this one is sending.
        self.memory.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.memory.execute("PRAGMA journal_mode = WAL")
        self.memory.executescript(SCHEMA)

    def close(self):
        self.memory.close()

    @contextmanager
    def transaction(self):
        self.memory.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.memory.execute("ROLLBACK")
            raise
        self.memory.execute("COMMIT")

    def take(self, lines):
        """Takes decisions over. One that is there already is passed over, whatever file it comes in again."""
        new = 0
        with self.transaction():
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    decision = json.loads(line)
                    if "preview" in decision:
                        raise Unusable(
                            f"line {number} is of a preview, which nobody decided: run `tagwell` with `--state`;"
                            " nothing of the file was taken"
                        )
                    # Not done after all; nothing to do; both are there to be counted.
                    if decision["stopped"] is not None or decision["do"] == "hold":
                        continue
                    user = decision["user_id"]
                    user = user if isinstance(user, str) else json.dumps(user)
                    row = (
                        decision["action_id"],
                        user,
                        line.strip(),
                        utc(decision["not_before"]) if decision["not_before"] else "",
                        utc(decision["not_after"]) if decision["not_after"] else "9",
                    )
                except (ValueError, KeyError, TypeError) as error:
                    raise Unusable(f"line {number} is no decision: {error!r}; nothing of the file was taken")
                state = "cancelled" if decision["do"] == "send" and self.has_unsubscribed(user) else "waiting"
                new += self.memory.execute(
                    "INSERT INTO actions (action_id, user_id, decision, not_before, not_after, state)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (*row, state),
                ).rowcount
        return new

    def has_unsubscribed(self, user):
        found = self.memory.execute(
            "SELECT 1 FROM outcomes WHERE user_id = ? AND outcome = 'unsubscribed' LIMIT 1", (user,)
        )
        return found.fetchone() is not None

    def recover(self, in_doubt="retry"):
        """What was being sent when an earlier sender was killed: nobody knows whether it went out."""
        state = {"retry": "waiting", "keep": "in doubt"}[in_doubt]
        return self.memory.execute("UPDATE actions SET state = ? WHERE state = 'sending'", (state,)).rowcount

    def send(self):
        """Sends what is due, in the order in which it was decided; gives how many went out."""
        now = stamp(self.now())
        self.memory.execute("UPDATE actions SET state = 'expired' WHERE state = 'waiting' AND not_after < ?", (now,))
        due = self.memory.execute(
            "SELECT action_id, user_id, decision, attempts FROM actions"
            " WHERE state = 'waiting' AND not_before <= ? AND next_try <= ? ORDER BY rowid",
            (now, now),
        ).fetchall()
        return sum(self.send_one(*row) for row in due)

    def send_one(self, action_id, user_id, decision, attempts):
        # Written down before and after: what is killed in between is in doubt, and never simply sent again or lost.
        self.set(action_id, "sending", attempts + 1)
        try:
            self.gateway.deliver(json.loads(decision))
        except Unavailable as error:
            self.put_off(action_id, attempts + 1, str(error))
            return False
        except Refused as error:
            self.set(action_id, "refused", attempts + 1, told=str(error))
            return False
        with self.transaction():
            self.set(action_id, "sent", attempts + 1)
            self.outcome(action_id, user_id, "delivered", stamp(self.now()))
        return True

    def put_off(self, action_id, attempts, told):
        """Later, with pauses that double; after some attempts no more."""
        if attempts >= self.MOST_ATTEMPTS:
            self.set(action_id, "given up", attempts, told=told)
            return
        pause = self.FIRST_PAUSE * 2 ** (attempts - 1)
        self.set(action_id, "waiting", attempts, stamp(self.now() + pause), told)

    def set(self, action_id, state, attempts, next_try="", told=None):
        self.memory.execute(
            "UPDATE actions SET state = ?, attempts = ?, next_try = ?, told = ? WHERE action_id = ?",
            (state, attempts, next_try, told, action_id),
        )

    def outcome(self, action_id, user_id, outcome, happened_at):
        """Notes an outcome; the first of its kind counts. Whoever unsubscribes gets nothing that still waits."""
        self.memory.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (action_id, user_id, outcome, happened_at),
        )
        if outcome == "unsubscribed":
            self.memory.execute(
                "UPDATE actions SET state = 'cancelled' WHERE user_id = ? AND state = 'waiting'"
                " AND json_extract(decision, '$.do') = 'send'",
                (user_id,),
            )

    def hear(self, rows):
        """What gateways and the shop tell: rows of action_id, outcome, happened_at. Gives how many name no action."""
        unknown = 0
        with self.transaction():
            for number, row in enumerate(rows, 1):
                lacking = [column for column in ("action_id", "outcome", "happened_at") if not row.get(column)]
                if lacking:
                    raise Unusable(f"callback {number} has no `{lacking[0]}`; columns are action_id, outcome, happened_at")
                if row["outcome"] not in OUTCOMES:
                    raise Unusable(f"callback {number}: `{row['outcome']}` is no outcome; they are {', '.join(OUTCOMES)}")
                try:
                    happened_at = utc(row["happened_at"])
                except ValueError as error:
                    raise Unusable(f"callback {number}: happened_at: {error}; write it as 2026-11-22T12:00:00+08:00")
                found = self.memory.execute(
                    "SELECT user_id FROM actions WHERE action_id = ?", (row["action_id"],)
                ).fetchone()
                if found is None:
                    unknown += 1
                    continue
                self.outcome(row["action_id"], found[0], row["outcome"], happened_at)
        return unknown

    def outcomes(self):
        """All outcomes, in the columns of a child table: `table outcomes of users by user_id at happened_at key outcome_id`."""
        return self.memory.execute(
            "SELECT action_id || ':' || outcome AS outcome_id, user_id, action_id, happened_at, outcome"
            " FROM outcomes ORDER BY happened_at, outcome_id"
        )

    def counts(self):
        return dict(self.memory.execute("SELECT state, count(*) FROM actions GROUP BY state ORDER BY state"))


def write_whole(path, header, rows):
    """A file that is whole or not there, since the next run may read it at any moment."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=folder, delete=False) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def main(words=None):
    """Does what is asked; what cannot be done is said in a line, with 2."""
    try:
        return run(words)
    except (Unusable, OSError, UnicodeDecodeError) as error:
        print(f"sender: {error}", file=sys.stderr)
        return 2


def run(words):
    parser = argparse.ArgumentParser(description="Sends the decisions of Tagwell, each once and at its time.")
    parser.add_argument("--decisions", action="append", default=[], metavar="FILE", help="JSON Lines of tagwell's --actions; `-` is standard input")
    parser.add_argument("--callbacks", action="append", default=[], metavar="FILE", help="CSV with action_id, outcome, happened_at")
    parser.add_argument("--outcomes", metavar="FILE", help="where outcomes are written, for tagwell's --data outcomes=FILE")
    parser.add_argument("--memory", default="sender.db", metavar="FILE", help="what was sent (default: sender.db)")
    parser.add_argument("--outbox", default="outbox.jsonl", metavar="FILE", help="stands for a gateway (default: outbox.jsonl)")
    parser.add_argument("--in-doubt", choices=["retry", "keep"], default="retry", help="what was being sent when a sender was killed: retry (the gateway knows ids again), or keep for somebody to look at")
    parser.add_argument("--now", metavar="MOMENT", help="instead of the clock: 2026-11-22T12:00:00+08:00")
    given = parser.parse_args(words)
    now = None
    if given.now:
        try:
            instant = datetime.fromisoformat(utc(given.now).replace("Z", "+00:00"))
        except ValueError as error:
            raise Unusable(f"--now: {error}; write it as 2026-11-22T12:00:00+08:00")
        now = lambda: instant
    try:
        sender = Sender(given.memory, Outbox(given.outbox), now)
    except sqlite3.OperationalError as error:
        print(f"sender: {given.memory}: {error}; is another sender running?", file=sys.stderr)
        return 2
    try:
        work(sender, given)
    finally:
        sender.close()
    return 0


def named(path, error):
    return Unusable(f"{path}: {error}")


def work(sender, given):
    in_doubt = sender.recover(given.in_doubt)
    if in_doubt:
        print(f"{in_doubt} in doubt: they were being sent when a sender was killed", file=sys.stderr)
    # First what people said, so that who unsubscribed is not written to in the next moment.
    for path in given.callbacks:
        with open(path, encoding="utf-8-sig", newline="") as file:
            try:
                unknown = sender.hear(csv.DictReader(file))
            except (Unusable, UnicodeDecodeError, csv.Error) as error:
                raise named(path, error)
        if unknown:
            print(f"{path}: {unknown} outcomes of actions that are not known here", file=sys.stderr)
    for path in given.decisions:
        try:
            if path == "-":
                sender.take(sys.stdin)
            else:
                with open(path, encoding="utf-8") as file:
                    sender.take(file)
        except (Unusable, UnicodeDecodeError) as error:
            raise named(path, error)
    sender.send()
    if given.outcomes:
        header = ["outcome_id", "user_id", "action_id", "happened_at", "outcome"]
        write_whole(given.outcomes, header, sender.outcomes())
    print(", ".join(f"{count} {state}" for state, count in sender.counts().items()) or "nothing to send", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
