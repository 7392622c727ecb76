//! Test blocks and snapshots.

use tagwell::syntax::ast::{
    Case, Details, Entry, Expectation, ExpectationKind, Field, Given, GivenValue, Override, Place, Record, Snapshot,
    StopReason, TestBlock,
};

use super::Choices;

impl Choices {
    pub(super) fn test_block(&mut self) -> TestBlock {
        TestBlock {
            name: self.text(),
            as_of: self.maybe(Choices::expression),
            cases: self.several(0, |it| {
                let mut entries = vec![it.first_entry()];
                let more = it.up_to(2);
                entries.extend((0..more).map(|_| it.then_entry()));
                Case { entries, place: Place::default() }
            }),
        }
    }

    fn first_entry(&mut self) -> Entry {
        Entry {
            then: None,
            given: self.several(1, Choices::given),
            with: self.overrides(),
            expect: self.several(1, Choices::expectation),
            place: Place::default(),
        }
    }

    fn then_entry(&mut self) -> Entry {
        let given = self.up_to(2);
        Entry {
            then: Some(self.expression()),
            given: (0..given).map(|_| self.given()).collect(),
            with: self.overrides(),
            expect: self.several(1, Choices::expectation),
            place: Place::default(),
        }
    }

    fn overrides(&mut self) -> Vec<Override> {
        let overrides = self.up_to(2);
        let over = |it: &mut Choices| match it.one_of(2) {
            0 => Override::Param(it.name(), it.expression()),
            _ => Override::List(it.name(), it.expression()),
        };
        (0..overrides).map(|_| over(self)).collect()
    }

    fn given(&mut self) -> Given {
        Given { user: self.maybe(Choices::text), fields: self.fields(2), place: Place::default() }
    }

    fn fields(&mut self, deep: usize) -> Vec<Field> {
        self.several(0, |it| {
            let value = match it.one_of(3) {
                1 if deep > 0 => GivenValue::Records(
                    it.several(1, |it| Record { fields: it.fields(deep - 1), place: Place::default() }),
                ),
                _ => GivenValue::Value(it.expression()),
            };
            Field { name: it.name(), value, place: Place::default() }
        })
    }

    fn details(&mut self) -> Details {
        let at_once = self.one_of(4) == 0;
        Details {
            at_once: at_once.then(Place::default),
            not_before: if at_once { None } else { self.maybe(Choices::expression) },
            not_after: self.maybe(Choices::expression),
            with: if self.one_of(2) == 0 { self.fields(1) } else { vec![] },
        }
    }

    fn expectation(&mut self) -> Expectation {
        let kind = match self.one_of(8) {
            0 => ExpectationKind::Condition(self.expression()),
            1 => ExpectationKind::Entered(self.name()),
            2 => ExpectationKind::Left(self.name()),
            3 => ExpectationKind::Sends {
                segment: self.name(),
                channel: self.name(),
                text: self.maybe(Choices::text),
                details: self.details(),
            },
            4 => ExpectationKind::Does { segment: self.name(), verb: self.name(), details: self.details() },
            5 => ExpectationKind::Holds { segment: self.name(), details: self.details() },
            6 => {
                let reason = self.pick(&[
                    StopReason::Require,
                    StopReason::Limit,
                    StopReason::Cooldown,
                    StopReason::Once,
                    StopReason::AtMost,
                    StopReason::Channel,
                ]);
                ExpectationKind::StoppedBy { segment: self.name(), reason }
            }
            _ => ExpectationKind::Silent(self.name()),
        };
        Expectation { user: self.maybe(Choices::text), kind, place: Place::default() }
    }

    pub(super) fn snapshot(&mut self) -> Snapshot {
        let tables = self.up_to(2);
        Snapshot {
            name: self.text(),
            of: self.text(),
            tables: (0..tables).map(|_| (self.name(), self.text())).collect(),
            as_of: self.maybe(Choices::expression),
        }
    }
}
