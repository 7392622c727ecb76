"""What the sender promises. `python3 -m unittest` in this folder; with TAGWELL=path/to/tagwell the whole loop too."""

import contextlib
import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from datetime import datetime, timedelta

import sender
from sender import Outbox, Refused, Sender, Unavailable, Unusable

HERE = os.path.dirname(os.path.abspath(__file__))
# A folder that no disk makes slow, where the system has one.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
TEN = datetime.fromisoformat("2026-11-22T10:00:00+08:00")


def decision(action_id, **changes):
    record = {
        "action_id": action_id, "user_id": "u1", "segment": "win_back", "trigger": "enter", "reason": "time",
        "do": "send", "channel": "sms", "message": "送您 50 元券,回T退订", "with": {"coupon": 50}, "variant": None,
        "not_before": None, "not_after": None, "stopped": None, "stopped_by": None, "as_of": "2026-11-22T10:00:00+08:00",
    }
    return json.dumps({**record, **changes}, ensure_ascii=False)


class Gateway:
    """Counts what it is handed, and fails as it is told."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.handed = []

    def deliver(self, decision):
        self.handed.append(decision["action_id"])
        if self.failures:
            failure = self.failures.pop(0)
            if failure:
                raise failure


class SenderTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.at = TEN
        self.sender = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def started(self, gateway):
        """A sender that begins anew over the same memory."""
        if self.sender:
            self.sender.close()
        self.sender = Sender(self.path("memory.db"), gateway, lambda: self.at)
        self.addCleanup(self.sender.close)
        return self.sender

    def test_a_line_of_the_outbox_that_broke_off_did_not_go_out(self):
        outbox = Outbox(self.path("outbox.jsonl"))
        outbox.deliver(json.loads(decision("a1", message="one\u2028line")))
        whole = os.path.getsize(self.path("outbox.jsonl"))
        with open(self.path("outbox.jsonl"), "ab") as file:
            file.write(b'{"id": "a2", "user')
        outbox = Outbox(self.path("outbox.jsonl"))
        self.assertEqual((outbox.known, os.path.getsize(self.path("outbox.jsonl"))), ({"a1"}, whole))
        outbox.deliver(json.loads(decision("a2")))
        self.assertEqual(Outbox(self.path("outbox.jsonl")).known, {"a1", "a2"})

    def test_what_is_stopped_or_held_is_not_sent(self):
        gateway = Gateway()
        it = self.started(gateway)
        it.take([decision("a", stopped="limit", stopped_by="limit 3 within 7d"), decision("b", do="hold"), decision("c")])
        it.send()
        self.assertEqual(gateway.handed, ["c"])

    def test_the_same_decision_is_sent_once_whatever_is_read_again(self):
        gateway = Gateway()
        for _ in range(3):
            it = self.started(gateway)
            it.take([decision("a"), decision("a", message="mended"), ""])
            it.send()
        self.assertEqual(gateway.handed, ["a"])

    def test_it_waits_for_its_slot_and_lets_it_pass(self):
        gateway = Gateway()
        it = self.started(gateway)
        slot = {"not_before": "2026-11-22T12:00:00+08:00", "not_after": "2026-11-22T13:00:00+08:00"}
        it.take([decision("a", **slot), decision("b", **slot)])
        self.assertEqual(it.send(), 0)
        self.at = datetime.fromisoformat("2026-11-22T05:00:00+00:00")  # 13:00 in Shanghai
        it.memory.execute("UPDATE actions SET not_after = '2026-11-22T04:59:59.999999Z' WHERE action_id = 'b'")
        self.assertEqual(it.send(), 1)
        self.assertEqual(it.counts(), {"expired": 1, "sent": 1})

    def test_what_fails_is_tried_again_with_pauses_that_double(self):
        gateway = Gateway(Unavailable("busy"), Unavailable("busy"), None)
        it = self.started(gateway)
        it.take([decision("a")])
        tries = []
        for minute in range(6):
            self.at = TEN + timedelta(minutes=minute)
            before = len(gateway.handed)
            it.send()
            tries.append(len(gateway.handed) - before)
        self.assertEqual(tries, [1, 1, 0, 1, 0, 0])
        self.assertEqual(it.counts(), {"sent": 1})

    def test_it_gives_up_and_says_why(self):
        gateway = Gateway(*[Unavailable("busy")] * 9, )
        it = self.started(gateway)
        it.take([decision("a")])
        for hour in range(9):
            self.at = TEN + timedelta(hours=hour)
            it.send()
        self.assertEqual(len(gateway.handed), Sender.MOST_ATTEMPTS)
        self.assertEqual(it.memory.execute("SELECT state, told FROM actions").fetchall(), [("given up", "busy")])

    def test_what_is_refused_is_not_tried_again(self):
        gateway = Gateway(Refused("no such number"))
        it = self.started(gateway)
        it.take([decision("a")])
        it.send()
        it.send()
        self.assertEqual((gateway.handed, it.counts()), (["a"], {"refused": 1}))

    def test_killed_while_sending_it_is_in_doubt(self):
        for in_doubt, handed in [("retry", ["a", "a"]), ("keep", ["a"])]:
            with self.subTest(in_doubt):
                gateway = Gateway(KeyboardInterrupt())
                it = self.started(gateway)
                it.memory.execute("DELETE FROM actions")
                it.take([decision("a")])
                with self.assertRaises(KeyboardInterrupt):
                    it.send()
                it = self.started(gateway)
                self.assertEqual(it.recover(in_doubt), 1)
                it.send()
                self.assertEqual(gateway.handed, handed)

    def test_a_gateway_that_knows_ids_sends_what_was_in_doubt_once(self):
        for _ in range(2):
            Outbox(self.path("outbox.jsonl")).deliver(json.loads(decision("a")))
        with open(self.path("outbox.jsonl"), encoding="utf-8") as lines:
            self.assertEqual(len(list(lines)), 1)

    def test_killed_again_and_again_each_goes_out_once(self):
        every = [f"a{number}" for number in range(30)]
        with open(self.path("d.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(decision(it) + "\n" for it in every)
        words = ["--decisions", self.path("d.jsonl"), "--memory", self.path("m.db"), "--outbox", self.path("out.jsonl")]

        def sent():
            if not os.path.exists(self.path("out.jsonl")):
                return []
            with open(self.path("out.jsonl"), encoding="utf-8") as lines:
                return [line.split('"')[3] for line in lines]

        # A gateway that takes its time, so that there is a while to be killed in.
        slow = "import sender, sys, time; it = sender.Outbox.deliver\n" \
            "sender.Outbox.deliver = lambda self, decision: (it(self, decision), time.sleep(0.05))\nsender.main(sys.argv[1:])"
        kills = 0
        for wanted in (1, 8, 15):
            process = subprocess.Popen([sys.executable, "-c", slow, *words], cwd=HERE, stderr=subprocess.DEVNULL)
            while process.poll() is None and len(sent()) < wanted:
                time.sleep(0.01)
            process.kill()
            kills += process.wait() != 0
        self.assertEqual(sender.main(words), 0)
        self.assertEqual(sent(), every)
        self.assertGreater(kills, 0, "it was killed at least once")

    def test_whoever_unsubscribes_gets_nothing_that_still_waits(self):
        gateway = Gateway()
        it = self.started(gateway)
        evening = {"not_before": "2026-11-22T19:00:00+08:00"}
        it.take([decision("a"), decision("b", **evening), decision("c", do="close_task", channel=None, message=None, **evening)])
        it.send()
        unknown = it.hear([
            {"action_id": "a", "outcome": "unsubscribed", "happened_at": "2026-11-22T10:05:00+08:00"},
            {"action_id": "?", "outcome": "opened", "happened_at": "2026-11-22T10:05:00+08:00"},
        ])
        it.take([decision("d")])
        self.at = TEN + timedelta(hours=10)
        it.send()
        self.assertEqual((unknown, gateway.handed), (1, ["a", "c"]))
        self.assertEqual(it.counts(), {"cancelled": 2, "sent": 2})

    def test_a_line_that_is_no_decision_leaves_the_file_untaken(self):
        it = self.started(Gateway())
        with self.assertRaises(Unusable) as ended:
            it.take([decision("a"), '{"action_id": "b"'])
        self.assertIn("line 2", str(ended.exception))
        self.assertEqual(it.counts(), {})

    def test_a_preview_leaves_the_file_untaken(self):
        it = self.started(Gateway())
        with self.assertRaises(Unusable) as ended:
            it.take([decision("a"), decision("b", preview=True)])
        self.assertIn("line 2 is of a preview", str(ended.exception))
        self.assertEqual(it.counts(), {})

    def test_one_sender_at_a_time(self):
        self.started(Gateway()).take([decision("a")])
        with self.assertRaises(sqlite3.OperationalError):
            Sender(self.path("memory.db"), Gateway())

    def test_what_cannot_be_used_is_said_in_a_line(self):
        def write(name, text):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
            return self.path(name)

        good = write("d.jsonl", decision("a") + "\n")
        head = "action_id,outcome,happened_at\n"
        for words, said in [
            (["--callbacks", write("1.csv", head + "a,clicked,2026-11-22T11:00:00\n")], "`2026-11-22T11:00:00` has no offset"),
            (["--callbacks", write("2.csv", head + "a,clicked,yesterday\n")], "callback 1: happened_at"),
            (["--callbacks", write("3.csv", "action_id,outcome\na,clicked\n")], "has no `happened_at`"),
            (["--callbacks", write("4.csv", head + "a,laughed,2026-11-22T11:00:00Z\n")], "`laughed` is no outcome"),
            (["--callbacks", self.path("none.csv")], "none.csv"),
            (["--decisions", self.path("none.jsonl")], "none.jsonl"),
            (["--decisions", write("half.jsonl", '{"action_id": "b"')], "line 1 is no decision"),
            (["--now", "2026-11-22T10:00"], "--now: `2026-11-22T10:00` has no offset"),
            (["--outcomes", self.path("no/o.csv")], "no/"),
        ]:
            with self.subTest(words):
                told = io.StringIO()
                with contextlib.redirect_stderr(told):
                    code = sender.main(["--memory", self.path("m.db"), "--outbox", self.path("out.jsonl"), "--decisions", good, *words])
                self.assertEqual(code, 2)
                self.assertIn(said, told.getvalue())
                self.assertTrue(told.getvalue().splitlines()[-1].startswith("sender: "), told.getvalue())

    def test_outcomes_are_a_child_table(self):
        decisions, callbacks, outcomes = self.path("d.jsonl"), self.path("c.csv"), self.path("o.csv")
        with open(decisions, "w", encoding="utf-8") as file:
            file.write(decision("a", user_id=17) + "\n")
        words = ["--memory", self.path("m.db"), "--outbox", self.path("out.jsonl"), "--outcomes", outcomes]
        self.assertEqual(sender.main([*words, "--decisions", decisions, "--now", "2026-11-22T10:00:00+08:00"]), 0)
        with open(callbacks, "w", encoding="utf-8") as file:
            file.write("action_id,outcome,happened_at\na,clicked,2026-11-22T11:00:00+08:00\na,clicked,2026-11-23T11:00:00+08:00\n")
        for _ in range(2):
            self.assertEqual(sender.main([*words, "--callbacks", callbacks]), 0)
        with open(outcomes, encoding="utf-8") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows, [
            ["outcome_id", "user_id", "action_id", "happened_at", "outcome"],
            ["a:delivered", "17", "a", "2026-11-22T02:00:00.000000Z", "delivered"],
            ["a:clicked", "17", "a", "2026-11-22T03:00:00.000000Z", "clicked"],
        ])


@unittest.skipUnless(os.environ.get("TAGWELL"), "TAGWELL names no tagwell")
class LoopTest(unittest.TestCase):
    """From decisions to outcomes to the next decisions, with `rules/winback`."""

    def test_who_unsubscribes_is_not_called_back_again(self):
        with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
            def path(name):
                return os.path.join(folder, name)

            def write(name, text):
                with open(path(name), "w", encoding="utf-8") as file:
                    file.write(text)

            def run(as_of, orders):
                write("orders.csv", "order_id,user_id,ordered_at,amount\n" + orders)
                rules = os.path.join(HERE, "..", "..", "rules", "winback")
                words = ["run", rules, "--as-of", as_of, "--state", path("state"), "--actions", path("d.jsonl"), "--format", "none", "--summary", "none"]
                data = {"users": "users.csv", "orders": "orders.csv", "outcomes": "outcomes.csv"}
                words += [word for name, file in data.items() for word in ("--data", f"{name}={path(file)}")]
                subprocess.run([os.environ["TAGWELL"], *words], check=True, capture_output=True)
                with open(path("d.jsonl"), encoding="utf-8") as lines:
                    return [json.loads(line) for line in lines]

            def send(now, *words):
                files = ["--memory", path("memory.db"), "--outbox", path("outbox.jsonl"), "--outcomes", path("outcomes.csv")]
                self.assertEqual(sender.main([*files, "--decisions", path("d.jsonl"), "--now", now, *words]), 0)

            def sent():
                if not os.path.exists(path("outbox.jsonl")):
                    return []
                with open(path("outbox.jsonl"), encoding="utf-8") as lines:
                    return [json.loads(line)["message"] for line in lines]

            write("users.csv", "user_id,name,phone,sms_consent\nu01,小林,13800000001,true\n")
            write("outcomes.csv", "user_id,action_id,happened_at,outcome\n")
            orders = "o1,u01,2026-05-01T10:00,80\no2,u01,2026-05-02T10:00,80\n"
            self.assertEqual(run("2026-06-30T10:00", orders), [])
            first = run("2026-07-01T10:00", orders)
            self.assertEqual([it["variant"] for it in first], ["evening"])
            send("2026-07-01T10:05:00+08:00")
            self.assertEqual(sent(), [], "it waits for the evening")
            send("2026-07-01T19:00:00+08:00")
            self.assertEqual(len(sent()), 1)
            self.assertEqual(run("2026-07-01T10:00", orders), first, "the same run again, the same decisions")
            write("callbacks.csv", f"action_id,outcome,happened_at\n{first[0]['action_id']},unsubscribed,2026-07-01T19:20:00+08:00\n")
            send("2026-07-01T20:00:00+08:00", "--callbacks", path("callbacks.csv"))
            self.assertEqual(len(sent()), 1)
            # Bought, and lost again four months later.
            orders += "o3,u01,2026-07-03T10:00,80\n"
            run("2026-07-04T10:00", orders)
            again = run("2026-11-01T10:00", orders)
            self.assertEqual([(it["do"], it["stopped"]) for it in again], [("send", "require")])


if __name__ == "__main__":
    unittest.main()
