//! Expressions as their tokens.

use tagwell::syntax::ast::{
    Argument, Clause, Direction, Expr, ExprKind, Literal, Period, PeriodUnit, ProductOp, Quorum, Range, RankEnd, SumOp,
    Test, UpperEnd, Which,
};

use super::Tokens;

impl Tokens {
    pub(super) fn range(&mut self, it: &Range) {
        self.expression(&it.from);
        self.put(match it.upper {
            UpperEnd::Included => "..",
            UpperEnd::Excluded => "..<",
        });
        self.expression(&it.to);
    }

    pub(super) fn clause(&mut self, it: &Clause) {
        self.expression(&it.source);
        self.option("by", &it.by, Tokens::expression);
        self.option("", &it.window, |all, window| all.test(&window.test));
        self.option("where", &it.filter, Tokens::expression);
        self.option("per", &it.per, Tokens::expression);
    }

    fn between(&mut self, all: &[Expr], word: &str) {
        for (at, it) in all.iter().enumerate() {
            if at > 0 {
                self.put(word);
            }
            self.expression(it);
        }
    }

    pub(super) fn expression(&mut self, it: &Expr) {
        match &it.kind {
            ExprKind::If { condition, then, otherwise } => {
                self.put("if");
                self.expression(condition);
                self.put("then");
                self.expression(then);
                self.put("else");
                self.expression(otherwise);
            }
            ExprKind::Or(all) => self.between(all, "or"),
            ExprKind::And(all) => self.between(all, "and"),
            ExprKind::Coalesce(all) => self.between(all, "??"),
            ExprKind::Not(inner) => {
                self.put("not");
                self.expression(inner);
            }
            ExprKind::Negate(inner) => {
                self.put("-");
                self.expression(inner);
            }
            ExprKind::Compare { op, left, right, .. } => {
                self.expression(left);
                self.put(op.symbol());
                self.expression(right);
            }
            ExprKind::Test { subject, negated, test, .. } => {
                self.expression(subject);
                if *negated {
                    self.put("not");
                }
                self.test(test);
            }
            ExprKind::Sum { first, rest } => {
                self.expression(first);
                for (op, term) in rest {
                    self.put(match op {
                        SumOp::Add => "+",
                        SumOp::Subtract => "-",
                    });
                    self.expression(term);
                }
            }
            ExprKind::Product { first, rest } => {
                self.expression(first);
                for (op, factor) in rest {
                    self.put(match op {
                        ProductOp::Multiply => "*",
                        ProductOp::Divide => "/",
                    });
                    self.expression(factor);
                }
            }
            ExprKind::Shifted { duration, direction } => {
                self.expression(duration);
                self.put(match direction {
                    Direction::Ago => "ago",
                    Direction::FromNow => "from now",
                });
            }
            ExprKind::Call { function, arguments } => {
                self.name(function);
                self.put("(");
                self.listed(arguments, |all, argument| match argument {
                    Argument::Clause(clause) => all.clause(clause),
                    Argument::Range(range) => all.range(range),
                    Argument::Pattern(pattern) => all.whole(format!("/{}/", pattern.source)),
                });
                self.put(")");
            }
            ExprKind::Quorum { quorum, conditions } => {
                match quorum {
                    Quorum::All => self.put("all"),
                    Quorum::Any => self.put("any"),
                    Quorum::None => self.put("none"),
                    Quorum::AtLeast(number) => self.put(&format!("at least {number}")),
                }
                self.put("of (");
                self.listed(conditions, Tokens::expression);
                self.put(")");
            }
            ExprKind::Rank { end, amount, by } => {
                self.put(match end {
                    RankEnd::Top => "top",
                    RankEnd::Bottom => "bottom",
                });
                self.expression(amount);
                self.put("by");
                let bare = by.by.is_none() && by.window.is_none() && by.filter.is_none() && by.per.is_none();
                if bare {
                    self.clause(by);
                } else {
                    self.put("(");
                    self.clause(by);
                    self.put(")");
                }
            }
            ExprKind::Field { base, field } => {
                self.expression(base);
                self.put(".");
                self.name(field);
            }
            ExprKind::Index { base, index } => {
                self.expression(base);
                self.put("[");
                self.expression(index);
                self.put("]");
            }
            ExprKind::Paren(inner) => {
                self.put("(");
                self.expression(inner);
                self.put(")");
            }
            ExprKind::List(all) => {
                self.put("[");
                self.listed(all, Tokens::expression);
                self.put("]");
            }
            ExprKind::Name(name) => self.name(name),
            ExprKind::Now => self.put("now"),
            ExprKind::Today => self.put("today"),
            ExprKind::Missing => self.put("missing"),
            ExprKind::Literal(it) => self.literal(it),
        }
    }

    fn literal(&mut self, it: &Literal) {
        match it {
            Literal::Number(text) | Literal::Date(text) | Literal::Timestamp(text) | Literal::TimeOfDay(text) => {
                self.put(text);
            }
            Literal::Percent(text) => self.put(&format!("{text}%")),
            Literal::Text(text) => self.text(text),
            Literal::Bool(yes) => self.put(if *yes { "true" } else { "false" }),
            Literal::Duration(parts) => {
                self.whole(parts.iter().map(|part| format!("{}{}", part.number, part.unit.suffix())).collect());
            }
        }
    }

    fn test(&mut self, test: &Test) {
        let (words, operand) = match test {
            Test::Between(range) => {
                self.put("between");
                return self.range(range);
            }
            Test::Matches(pattern) => {
                self.put("matches");
                return self.whole(format!("/{}/", pattern.source));
            }
            Test::During(it) => {
                self.put("during");
                return self.put(&period(*it));
            }
            Test::IsMissing => return self.put("is missing"),
            Test::IsKnown => return self.put("is known"),
            Test::In(it) => ("in", it),
            Test::Contains(it) => ("contains", it),
            Test::StartsWith(it) => ("starts with", it),
            Test::EndsWith(it) => ("ends with", it),
            Test::Has(it) => ("has", it),
            Test::HasAny(it) => ("has any of", it),
            Test::HasAll(it) => ("has all of", it),
            Test::HasNone(it) => ("has none of", it),
            Test::Within(it) => ("within", it),
            Test::WithinNext(it) => ("within next", it),
        };
        self.put(words);
        self.expression(operand);
    }
}

fn period(it: Period) -> String {
    let which = match it.which {
        Which::Last => "last",
        Which::This => "this",
        Which::Next => "next",
    };
    let unit = match (it.unit, it.which) {
        (PeriodUnit::Day, Which::Last) => return "yesterday".into(),
        (PeriodUnit::Day, Which::This) => return "today".into(),
        (PeriodUnit::Day, Which::Next) => return "tomorrow".into(),
        (PeriodUnit::Week, _) => "week",
        (PeriodUnit::Month, _) => "month",
        (PeriodUnit::Quarter, _) => "quarter",
        (PeriodUnit::Year, _) => "year",
    };
    format!("{which} {unit}")
}
