//! Test blocks and snapshots.

use tagwell::syntax::ast::{
    Case, Entry, Expectation, ExpectationKind, Field, Given, GivenValue, Override, Place, Record, Snapshot, StopReason,
    TestBlock,
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

    fn expectation(&mut self) -> Expectation {
        let kind = match self.one_of(8) {
            0 => ExpectationKind::Condition(self.expression()),
            1 => ExpectationKind::Entered(self.name()),
            2 => ExpectationKind::Left(self.name()),
            3 => ExpectationKind::Sends { segment: self.name(), channel: self.name(), text: self.maybe(Choices::text) },
            4 => ExpectationKind::Does { segment: self.name(), verb: self.name() },
            5 => ExpectationKind::Holds(self.name()),
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
