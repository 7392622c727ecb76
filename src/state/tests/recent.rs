//! What changed lately stands in front of what is settled, and is told as one with it.

use rusqlite::Connection;

use super::{Place, begin};
use crate::state::{Kind, NameId, Remembered, Store};

/// A hundred users who have a tag; then, day by day, some come, leave, come back, and change.
struct Days {
    place: Place,
    tag: NameId,
    day: i64,
}

impl Days {
    fn new() -> Days {
        let place = Place::new();
        let mut recording = begin(&place.file(), 1);
        let tag = recording.name(Kind::Tag, "vip").unwrap();
        for user in 1..=100 {
            assert_eq!(recording.add_user(&format!("u{user}"), i64::from(user)).unwrap(), user);
            recording.enter(user, tag, None, 1).unwrap();
        }
        recording.commit().unwrap();
        Days { place, tag, day: 1 }
    }

    /// A day on which these leave, those come or come back, and the records of others are new.
    fn day(&mut self, leave: &[u32], come: &[u32], change: &[u32]) {
        self.day += 1;
        let mut recording = begin(&self.place.file(), self.day);
        let last = recording.remembered().last_number();
        for user in come.iter().filter(|user| **user > last) {
            assert_eq!(recording.add_user(&format!("u{user}"), i64::from(*user)).unwrap(), *user);
        }
        leave.iter().for_each(|user| recording.leave(*user, self.tag).unwrap());
        come.iter().for_each(|user| recording.enter(*user, self.tag, None, self.day).unwrap());
        change.iter().for_each(|user| recording.set_fingerprint(*user, -i64::from(*user) * self.day));
        recording.commit().unwrap();
    }

    fn sql(&self, text: &str) -> i64 {
        Connection::open(self.place.file()).unwrap().query_row(text, [], |row| row.get(0)).unwrap()
    }

    /// How many stand in the tables of what is recent, and how many the view and the next run are told, who agree.
    fn told(&self) -> (i64, i64, i64) {
        let of = |remembered: &Remembered| {
            let one = |user| (remembered.since(self.tag, user), remembered.fingerprint(user));
            (1..=remembered.last_number()).map(one).collect::<Vec<_>>()
        };
        let packed = Store::open(self.place.file()).unwrap().remembered(2).unwrap();
        let connection = Connection::open(self.place.file()).unwrap();
        let rows = "SELECT count(*), sum(user * since) FROM memberships";
        let rows: (i64, i64) = connection.query_row(rows, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let members = packed.members(self.tag).map(|user| (user, packed.since(self.tag, user).unwrap().1));
        assert_eq!(members.fold((0, 0), |sum, (user, since)| (sum.0 + 1, sum.1 + i64::from(user) * since)), rows);

        // What was packed is thrown away, as by a change by hand: the same is read from rows.
        let copy = self.place.file().with_extension("copy");
        std::fs::copy(self.place.file(), &copy).unwrap();
        Connection::open(&copy).unwrap().execute_batch("DELETE FROM packed").unwrap();
        assert_eq!(of(&packed), of(&Store::open(&copy).unwrap().remembered(2).unwrap()));
        let recent = |table: &str, column: &str| self.sql(&format!("SELECT coalesce(sum({column}), 0) FROM {table}"));
        (recent("recent_memberships", "1"), recent("recent_fingerprints", "length(hashes) / 12"), rows.0)
    }
}

#[test]
fn what_is_recent_is_settled_when_it_is_a_quarter() {
    let mut days = Days::new();
    assert_eq!(days.told(), (0, 0, 100), "the first day is settled");
    days.day(&[3, 4], &[101], &[5, 6]);
    assert_eq!(days.told(), (3, 3, 99), "one is new, with a fingerprint");
    days.day(&[101, 5], &[3], &[5, 7]);
    assert_eq!(days.told(), (4, 5, 98), "who came back, and who left again, each stand there once");
    days.day(&[], &[], &[]);
    assert_eq!(days.told(), (4, 5, 98), "nothing happened");
    let many: Vec<u32> = (41..=60).collect();
    days.day(&many, &[], &[8]);
    assert_eq!(days.told(), (0, 6, 78), "a quarter of those who have it");
    days.day(&[], &many, &many);
    assert_eq!(days.told(), (20, 0, 98), "and a quarter of the fingerprints");
}

#[test]
fn what_changed_stands_behind_the_pieces_until_it_is_much() {
    let mut days = Days::new();
    let behind = |days: &Days| days.sql("SELECT count(*) FROM packed WHERE kind = 'changes'");
    let pieces = "SELECT sum(length(bytes)) FROM packed WHERE kind = 'memberships'";
    let before = days.sql(pieces);
    days.day(&[3, 4], &[101], &[]);
    days.day(&[101], &[3], &[]);
    days.day(&[], &[], &[9]);
    assert_eq!((behind(&days), days.sql(pieces)), (2, before), "two of these days changed something");
    assert_eq!(days.told().2, 99);
    let many: Vec<u32> = (41..=70).collect();
    days.day(&many, &[], &[]);
    assert_eq!(behind(&days), 0);
    assert_eq!(days.told().2, 69);
    days.day(&[], &many[..5], &[]);
    assert_eq!(behind(&days), 1);
    assert_eq!(days.told().2, 74);
}

#[test]
fn a_change_by_hand_is_one_whether_a_row_is_settled_or_recent() {
    let mut days = Days::new();
    days.day(&[3], &[101], &[5, 6]);
    // User 1 is settled, user 101 is recent, user 3 has left lately.
    for (change, members) in [
        ("DELETE FROM memberships WHERE user IN (1, 101)", 98),
        ("INSERT INTO memberships (name, user, since) VALUES (1, 1, 7), (1, 101, 7), (1, 3, 7)", 101),
        ("UPDATE memberships SET since = 9 WHERE user IN (1, 2, 3, 101)", 101),
    ] {
        Connection::open(days.place.file()).unwrap().execute_batch(change).unwrap();
        assert_eq!(days.sql("SELECT count(*) FROM packed"), 0, "{change}");
        assert_eq!(days.told().2, members, "{change}");
    }
    assert_eq!(days.sql("SELECT sum(user) FROM memberships WHERE since = 9"), 107);
    // Whoever left lately is forgotten like others.
    days.day(&[7], &[], &[7]);
    assert_eq!(days.sql("SELECT count(*) FROM recent_memberships WHERE user = 7 AND since IS NULL"), 1);
    let forget = "PRAGMA foreign_keys = ON; BEGIN;
                  DELETE FROM memberships WHERE user = 7; DELETE FROM users WHERE number = 7; COMMIT";
    Connection::open(days.place.file()).unwrap().execute_batch(forget).unwrap();
    let left = "SELECT (SELECT count(*) FROM settled_memberships WHERE user = 7)
                       + (SELECT count(*) FROM recent_memberships WHERE user = 7)";
    assert_eq!(days.sql(left), 0);
    let twice = "INSERT INTO memberships (name, user, since) VALUES (1, 101, 7)";
    let error = Connection::open(days.place.file()).unwrap().execute_batch(twice).unwrap_err().to_string();
    assert_eq!(error, "the user has that name already");
    days.day(&[2], &[102], &[]);
    assert_eq!(days.told().2, 100);
}
