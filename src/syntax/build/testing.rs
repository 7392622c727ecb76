//! Tests and snapshots.

use pest::iterators::Pair;

use super::{
    super::{
        ast::{
            Case, Details, Entry, Expectation, ExpectationKind, Expr, ExprKind, Field, Given, GivenValue, Name,
            Override, Record, Snapshot, StopReason, TestBlock,
        },
        grammar::{Parts, Rule},
    },
    Builder,
};

impl Builder<'_> {
    pub(super) fn test(&mut self, mut parts: Parts<'_>) -> TestBlock {
        parts.pass(&[Rule::kw_test]);
        let name = self.text(parts.need());
        let as_of = self.as_of(&mut parts);
        let cases = parts.filter(|part| part.as_rule() == Rule::case).map(|case| self.case(case)).collect();
        TestBlock { name, as_of, cases }
    }

    fn as_of(&mut self, parts: &mut Parts<'_>) -> Option<Expr> {
        let as_of = parts.if_next(Rule::as_of)?;
        let moment = as_of.into_inner().last().expect("the grammar ends `as of` with a moment");
        Some(self.expression(moment))
    }

    fn case(&mut self, pair: Pair<'_, Rule>) -> Case {
        let place = self.place(&pair);
        Case { entries: Parts::of(pair).map(|entry| self.entry(entry)).collect(), place }
    }

    fn entry(&mut self, pair: Pair<'_, Rule>) -> Entry {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        parts.pass(&[Rule::kw_then]);
        let then = self.as_of(&mut parts);
        let mut entry = Entry { then, given: vec![], with: vec![], expect: vec![], place };
        for part in parts {
            match part.as_rule() {
                Rule::given => {
                    let given = self.given(part);
                    entry.given.push(given);
                }
                Rule::overrides => {
                    let overrides = Parts::of(part).filter(|part| part.as_rule() == Rule::override_);
                    entry.with.extend(overrides.map(|it| self.override_(it)));
                }
                _ => {
                    let items = Parts::of(part).filter(|part| part.as_rule() == Rule::expectation);
                    entry.expect.extend(items.map(|item| self.expectation(item)));
                }
            }
        }
        entry
    }

    fn given(&mut self, pair: Pair<'_, Rule>) -> Given {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        parts.pass(&[Rule::kw_given]);
        let user = parts.if_next(Rule::text).map(|text| self.text(text));
        Given { user, fields: self.record(parts.need()).fields, place }
    }

    fn record(&mut self, pair: Pair<'_, Rule>) -> Record {
        let place = self.place(&pair);
        if !self.enter(place) {
            self.leave();
            return Record { fields: vec![], place };
        }
        let fields = Parts::of(pair).filter(|part| part.as_rule() == Rule::given_field);
        let record = Record { fields: fields.map(|field| self.given_field(field)).collect(), place };
        self.leave();
        record
    }

    fn given_field(&mut self, pair: Pair<'_, Rule>) -> Field {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(parts.need());
        parts.pass(&[Rule::colon]);
        let value = parts.need();
        let value = match value.as_rule() {
            Rule::records => {
                let records = Parts::of(value).filter(|part| part.as_rule() == Rule::record);
                GivenValue::Records(records.map(|record| self.record(record)).collect())
            }
            _ => GivenValue::Value(self.given_value(value)),
        };
        Field { name, value, place }
    }

    /// A value as data have it: there a list may be empty.
    fn given_value(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let is_empty_list = pair.as_str().split_whitespace().flat_map(str::chars).eq("[]".chars());
        match is_empty_list {
            true => Expr { kind: ExprKind::List(vec![]), place: self.place(&pair) },
            false => self.expression(pair),
        }
    }

    fn override_(&mut self, pair: Pair<'_, Rule>) -> Override {
        let mut parts = Parts::of(pair);
        let kind = parts.need().as_rule();
        let name = self.name(parts.need());
        parts.pass(&[Rule::equals]);
        let value = self.given_value(parts.need());
        if kind == Rule::kw_param { Override::Param(name, value) } else { Override::List(name, value) }
    }

    fn expectation(&mut self, pair: Pair<'_, Rule>) -> Expectation {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let user = parts.if_next(Rule::text).map(|text| self.text(text));
        parts.pass(&[Rule::colon]);
        let item = parts.need();
        let kind = match item.as_rule() {
            Rule::outcome => self.outcome(item),
            _ => ExpectationKind::Condition(self.expression(item)),
        };
        Expectation { user, kind, place }
    }

    fn outcome(&mut self, pair: Pair<'_, Rule>) -> ExpectationKind {
        let mut parts = Parts::of(pair);
        let segment = self.name(parts.need());
        let what = parts.need();
        match what.as_rule() {
            Rule::kw_entered => ExpectationKind::Entered(segment),
            Rule::kw_left => ExpectationKind::Left(segment),
            Rule::kw_silent => ExpectationKind::Silent(segment),
            Rule::sends => {
                let mut inner = Parts::of(what);
                inner.pass(&[Rule::kw_sends]);
                let channel = self.name(inner.need());
                let text = inner.if_next(Rule::text).map(|text| self.text(text));
                ExpectationKind::Sends { segment, channel, text, details: self.details(inner.need()) }
            }
            Rule::does => {
                let mut inner = Parts::of(what);
                inner.pass(&[Rule::kw_does]);
                let verb = self.name(inner.need());
                ExpectationKind::Does { segment, verb, details: self.details(inner.need()) }
            }
            Rule::holds => {
                let mut inner = Parts::of(what);
                inner.pass(&[Rule::kw_holds]);
                ExpectationKind::Holds { segment, details: self.details(inner.need()) }
            }
            _ => {
                let mut inner = Parts::of(what);
                inner.pass(&[Rule::kw_stopped, Rule::kw_by]);
                let reason = match inner.need().as_rule() {
                    Rule::kw_require => StopReason::Require,
                    Rule::kw_limit => StopReason::Limit,
                    Rule::kw_cooldown => StopReason::Cooldown,
                    Rule::kw_once => StopReason::Once,
                    Rule::kw_channel => StopReason::Channel,
                    _ => StopReason::AtMost,
                };
                ExpectationKind::StoppedBy { segment, reason }
            }
        }
    }

    fn details(&mut self, pair: Pair<'_, Rule>) -> Details {
        let mut details = Details::default();
        for part in Parts::of(pair) {
            let (rule, place) = (part.as_rule(), self.place(&part));
            let Some(last) = part.into_inner().last() else { continue };
            match rule {
                Rule::at_once => details.at_once = Some(place),
                Rule::not_before => details.not_before = Some(self.expression(last)),
                Rule::not_after => details.not_after = Some(self.expression(last)),
                _ => details.with = self.record(last).fields,
            }
        }
        details
    }

    pub(super) fn snapshot(&mut self, mut parts: Parts<'_>) -> Snapshot {
        parts.pass(&[Rule::kw_snapshot]);
        let name = self.text(parts.need());
        parts.pass(&[Rule::kw_of]);
        let of = self.text(parts.need());
        let mut tables = vec![];
        while let Some(table) = parts.if_next(Rule::snapshot_table) {
            let mut inner = Parts::of(table);
            let name: Name = self.name(inner.need());
            inner.pass(&[Rule::colon]);
            tables.push((name, self.text(inner.need())));
        }
        Snapshot { name, of, tables, as_of: self.as_of(&mut parts) }
    }
}
