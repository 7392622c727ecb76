//! Expressions, from loosest to tightest, as the grammar has them.

use tagwell::syntax::ast::{
    Argument, Clause, CompareOp, Direction, DurationPart, Expr, ExprKind, Literal, Pattern, Period, PeriodUnit, Place,
    ProductOp, Quorum, Range, RankEnd, SumOp, Test, Unit, UpperEnd, Which, Window,
};

use super::{Choices, print, print::Token};

/// How deep expressions nest.
const DEEP: usize = 4;

fn of(kind: ExprKind) -> Expr {
    Expr { kind, place: Place::default() }
}

impl Choices {
    pub(super) fn expression(&mut self) -> Expr {
        self.any(DEEP)
    }

    /// Tighter than a comparison.
    pub(super) fn operand(&mut self) -> Expr {
        self.coalesce(DEEP)
    }

    fn any(&mut self, deep: usize) -> Expr {
        if deep == 0 {
            return self.simple();
        }
        match self.one_of(8) {
            1 => of(ExprKind::If {
                condition: Box::new(self.any(deep - 1)),
                then: Box::new(self.any(deep - 1)),
                otherwise: Box::new(self.any(deep - 1)),
            }),
            2 => of(ExprKind::Or(self.several(2, |it| it.conjunction(deep - 1)))),
            _ => self.conjunction(deep),
        }
    }

    fn conjunction(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(5) == 1 {
            return of(ExprKind::And(self.several(2, |it| it.negation(deep - 1))));
        }
        self.negation(deep)
    }

    fn negation(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(6) == 1 {
            return of(ExprKind::Not(Box::new(self.negation(deep - 1))));
        }
        self.comparison(deep)
    }

    fn comparison(&mut self, deep: usize) -> Expr {
        if deep == 0 {
            return self.simple();
        }
        let subject = Box::new(self.coalesce(deep - 1));
        match self.one_of(3) {
            0 => *subject,
            1 => {
                let all = [
                    CompareOp::Equal,
                    CompareOp::NotEqual,
                    CompareOp::Less,
                    CompareOp::AtMost,
                    CompareOp::Greater,
                    CompareOp::AtLeast,
                ];
                let op = self.pick(&all);
                let right = Box::new(self.coalesce(deep - 1));
                of(ExprKind::Compare { op, op_place: Place::default(), left: subject, right })
            }
            _ => {
                let test = self.test(deep - 1);
                let negated = !matches!(test, Test::IsMissing | Test::IsKnown) && self.one_of(3) == 1;
                of(ExprKind::Test { subject, negated, test, test_place: Place::default() })
            }
        }
    }

    fn test(&mut self, deep: usize) -> Test {
        match self.one_of(11) {
            0 => Test::IsMissing,
            1 => Test::IsKnown,
            2 => Test::In(Box::new(self.coalesce(deep))),
            3 => Test::Contains(Box::new(self.coalesce(deep))),
            4 => Test::StartsWith(Box::new(self.coalesce(deep))),
            5 => Test::EndsWith(Box::new(self.coalesce(deep))),
            6 => Test::Matches(self.pattern()),
            7 => {
                let value = self.coalesce(deep);
                // `has all of` is an operator of its own.
                let first = print::expression(&value).into_iter().next();
                let taken = ["any", "all", "none"].iter().any(|word| first == Some(Token::Sign((*word).into())));
                Test::Has(Box::new(if taken { of(ExprKind::Paren(Box::new(value))) } else { value }))
            }
            8 => Test::HasAny(Box::new(self.coalesce(deep))),
            9 if self.one_of(2) == 0 => Test::HasAll(Box::new(self.coalesce(deep))),
            9 => Test::HasNone(Box::new(self.coalesce(deep))),
            _ => self.window(deep),
        }
    }

    fn window(&mut self, deep: usize) -> Test {
        match self.one_of(4) {
            0 => Test::Within(Box::new(self.coalesce(deep))),
            1 => Test::WithinNext(Box::new(self.coalesce(deep))),
            2 => Test::Between(self.ranging(deep)),
            _ => {
                let which = self.pick(&[Which::Last, Which::This, Which::Next]);
                let unit = self.pick(&[
                    PeriodUnit::Day,
                    PeriodUnit::Week,
                    PeriodUnit::Month,
                    PeriodUnit::Quarter,
                    PeriodUnit::Year,
                ]);
                Test::During(Period { which, unit, place: Place::default() })
            }
        }
    }

    fn pattern(&mut self) -> Pattern {
        let source = self.pick(&["^1[3-9]\\d{9}$", "a", "a\\/b", "\"", "# `", " x ", "\\\\", "a,b"]);
        Pattern { source: source.into(), place: Place::default() }
    }

    pub(super) fn range(&mut self) -> Range {
        self.ranging(2)
    }

    fn ranging(&mut self, deep: usize) -> Range {
        let upper = self.pick(&[UpperEnd::Included, UpperEnd::Excluded]);
        let (from, to) = (Box::new(self.coalesce(deep)), Box::new(self.coalesce(deep)));
        Range { from, to, upper, place: Place::default() }
    }

    fn coalesce(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(8) == 1 {
            return of(ExprKind::Coalesce(self.several(2, |it| it.sum(deep - 1))));
        }
        // Whatever follows the operand behind `by` belongs to it, so nothing follows here.
        if deep > 0 && self.one_of(8) == 1 { self.rank(deep - 1) } else { self.sum(deep) }
    }

    fn rank(&mut self, deep: usize) -> Expr {
        let end = self.pick(&[RankEnd::Top, RankEnd::Bottom]);
        let amount = Box::new(self.postfix(deep));
        let by = self.clause(deep, false);
        // Bare, only an operand may stand behind `by`.
        let bare = by.by.is_none() && by.window.is_none() && by.filter.is_none() && by.per.is_none();
        let by = if bare { Clause { source: self.coalesce(deep), ..by } } else { by };
        of(ExprKind::Rank { end, amount, by: Box::new(by) })
    }

    pub(super) fn sum(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(6) == 1 {
            let first = Box::new(self.product(deep - 1));
            let rest = self.several(1, |it| (it.pick(&[SumOp::Add, SumOp::Subtract]), it.product(deep - 1)));
            return of(ExprKind::Sum { first, rest });
        }
        self.product(deep)
    }

    fn product(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(6) == 1 {
            let first = Box::new(self.signed(deep - 1));
            let rest = self.several(1, |it| (it.pick(&[ProductOp::Multiply, ProductOp::Divide]), it.signed(deep - 1)));
            return of(ExprKind::Product { first, rest });
        }
        self.signed(deep)
    }

    fn signed(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(8) == 1 {
            return of(ExprKind::Negate(Box::new(self.signed(deep - 1))));
        }
        self.postfix(deep)
    }

    pub(super) fn postfix(&mut self, deep: usize) -> Expr {
        if deep > 0 && self.one_of(8) == 1 {
            let direction = self.pick(&[Direction::Ago, Direction::FromNow]);
            return of(ExprKind::Shifted { duration: Box::new(self.reached(deep - 1)), direction });
        }
        self.reached(deep)
    }

    /// `channels[source].price`
    fn reached(&mut self, deep: usize) -> Expr {
        match self.one_of(10) {
            1 if deep > 0 => {
                let base = Box::new(self.reached(deep - 1));
                of(ExprKind::Field { base, field: self.name() })
            }
            2 if deep > 0 => {
                let base = Box::new(self.reached(deep - 1));
                of(ExprKind::Index { base, index: Box::new(self.any(deep - 1)) })
            }
            _ => self.primary(deep),
        }
    }

    fn simple(&mut self) -> Expr {
        match self.one_of(6) {
            0 | 1 => of(ExprKind::Name(self.name())),
            2 => of(ExprKind::Now),
            3 => of(ExprKind::Today),
            4 => of(ExprKind::Missing),
            _ => of(ExprKind::Literal(self.literal())),
        }
    }

    fn primary(&mut self, deep: usize) -> Expr {
        if deep == 0 {
            return self.simple();
        }
        match self.one_of(12) {
            1 => self.call(deep - 1),
            2 => of(ExprKind::Paren(Box::new(self.any(deep - 1)))),
            3 => of(ExprKind::List(self.several(1, |it| it.any(deep - 1)))),
            4 => {
                let number = Quorum::AtLeast(self.pick(&["2", "1_0"]).into());
                let quorum = self.pick(&[Quorum::All, Quorum::Any, Quorum::None, number]);
                of(ExprKind::Quorum { quorum, conditions: self.several(1, |it| it.any(deep - 1)) })
            }
            5 | 6 => of(ExprKind::Literal(self.literal())),
            _ => self.simple(),
        }
    }

    fn call(&mut self, deep: usize) -> Expr {
        let functions = ["count", "lower", "sum", "any", "min", "clamp", "ntile", "tag", "from", "\u{5e74}\u{9f84}"];
        let function = self.pick(&functions);
        let aggregate = ["count", "sum", "any", "min", "ntile"].contains(&function);
        let function = tagwell::syntax::ast::Name { symbol: function.into(), place: Place::default() };
        let arguments = self.several(0, |it| match it.one_of(6) {
            1 => Argument::Range(it.ranging(deep)),
            2 => Argument::Pattern(it.pattern()),
            _ => Argument::Clause(it.clause(deep, aggregate)),
        });
        of(ExprKind::Call { function, arguments })
    }

    /// A source clause; of rows, a window at its end is on the rows.
    pub(super) fn clause(&mut self, deep: usize, rows: bool) -> Clause {
        let by = self.maybe(|it| it.coalesce(deep));
        let window = self.maybe(|it| Window { test: it.window(deep), place: Place::default() });
        let filter = self.maybe(|it| it.any(deep));
        let per = self.maybe(|it| it.coalesce(deep));
        // Of what is no row, a window with nothing behind it is a comparison.
        let window = window.filter(|_| rows || by.is_some() || filter.is_some() || per.is_some());
        let mut source = if window.is_some() { self.coalesce(deep) } else { self.any(deep) };
        let is_window =
            |test: &Test| matches!(test, Test::Within(_) | Test::WithinNext(_) | Test::Between(_) | Test::During(_));
        let taken = matches!(&source.kind, ExprKind::Test { negated: false, test, .. } if is_window(test));
        if taken && by.is_none() && (rows || filter.is_some() || per.is_some()) {
            source = of(ExprKind::Paren(Box::new(source)));
        }
        Clause { source, by, window, filter, per, place: Place::default() }
    }

    pub(super) fn literal(&mut self) -> Literal {
        match self.one_of(8) {
            0 => Literal::Number(self.pick(&["500", "1_000_000", "12.50", "0", "2026"]).into()),
            1 => Literal::Percent(self.pick(&["20", "12.5"]).into()),
            2 => Literal::Text(self.text().value),
            3 => Literal::Bool(self.one_of(2) == 1),
            4 => Literal::Date(self.pick(&["2026-11-22", "2024-02-29"]).into()),
            5 => Literal::Timestamp(
                self.pick(&[
                    "2026-11-22T08:00",
                    "2026-11-22T08:00:30.5",
                    "2026-11-22T08:00Z",
                    "2026-11-22T08:00+08:00",
                ])
                .into(),
            ),
            6 => Literal::TimeOfDay(self.pick(&["08:00", "22:30"]).into()),
            _ => Literal::Duration(self.several(1, |it| {
                let unit =
                    it.pick(&[Unit::Day, Unit::Hour, Unit::Minute, Unit::Second, Unit::Week, Unit::Month, Unit::Year]);
                DurationPart { number: it.pick(&["3", "30", "1_0"]).into(), unit }
            })),
        }
    }

    /// What begins with a name or a literal.
    pub(super) fn points(&mut self) -> Expr {
        match self.one_of(4) {
            0 => of(ExprKind::Literal(self.literal())),
            1 => of(ExprKind::Name(self.name())),
            2 => self.call(1),
            _ => {
                let first = Box::new(of(ExprKind::Name(self.name())));
                of(ExprKind::Product { first, rest: vec![(ProductOp::Multiply, self.signed(1))] })
            }
        }
    }
}
