//! What is in a list.

use std::sync::Arc;

use crate::{
    ir::{CompareOp, Expr, ExprKind, HasTest, ListId},
    source::Span,
    sql::{
        ast::Sql,
        lower::{Lowering, comparison::is_number},
    },
    value::{Decimal, Type, Value},
};

impl Lowering<'_> {
    /// Whether something is among written values, or in a list; unknown where it is missing, and where it could be the written one that is.
    pub(crate) fn is_in(&mut self, subject: &Expr, list: &Expr) -> Sql {
        let element = element_of(&list.ty);
        if let Some(Value::List(values)) = self.constant(list) {
            if subject.ty == element && element != Type::Duration && element != Type::Float {
                let subject = self.cased(subject, &[list]);
                return subject.one_of(values.iter().map(|it| self.literal(it, &element)).collect());
            }
            let each = constants(&values, &element, list.span);
            let each: Vec<Sql> = each.iter().map(|it| self.compare(CompareOp::Equal, subject, it)).collect();
            return Sql::any(each);
        }
        if let ExprKind::List(elements) = &list.kind {
            let each: Vec<Sql> = elements.iter().map(|it| self.compare(CompareOp::Equal, subject, it)).collect();
            return Sql::any(each);
        }
        if self.constant(list).is_some() {
            return self.literal(&Value::Missing, &Type::Bool);
        }
        if is_number(&subject.ty) && subject.ty != Type::Float && element != Type::Float && subject.ty != element {
            return self.has_number(subject, list, &element);
        }
        // Some engines bring no decimal and the floats of a list to one type.
        let subject = if element == Type::Float { self.float(subject) } else { self.value(subject) };
        let subject = self.keep(subject);
        let list = self.value(list);
        self.has_known(list, subject)
    }

    /// Whether a list has an element, unknown where that is missing: some engines say no of a list that is empty.
    fn has_known(&self, list: Sql, element: Sql) -> Sql {
        match element.is_literal() || self.is_never_missing(&element) {
            true => self.dialect.has(list, element),
            false => Sql::when(element.clone().known(), self.dialect.has(list, element)),
        }
    }

    /// The same of a number that has more digits after the point than those of the list, or fewer. Engines would round either.
    fn has_number(&mut self, subject: &Expr, list: &Expr, element: &Type) -> Sql {
        let own = self.value(list);
        let own = self.keep_as(own, "list");
        let among = |this: &Self, number: Sql| this.dialect.has(own.clone(), number);
        let none = Sql::when(own.clone().known(), Sql::bool(false));
        let scale = if let Type::Decimal(scale) = element { *scale } else { 0 };
        if let Some(constant) = self.constant(subject) {
            let constant = match constant {
                Value::Int(int) => Decimal::from(int),
                Value::Decimal(decimal) => decimal,
                _ => return self.literal(&Value::Missing, &Type::Bool),
            };
            let same = match (constant.rescale(scale), element) {
                (Some(same), Type::Int) => i64::try_from(same.mantissa).ok().map(Value::Int),
                (same, _) => same.map(Value::Decimal),
            };
            return same.map_or(none, |same| among(self, self.literal(&same, element)));
        }
        let value = self.value(subject);
        let value = self.keep_as(value, "value");
        let same = match element {
            Type::Decimal(_) => {
                let same = self.dialect.try_cast(value.clone(), element);
                self.narrow(same, element)
            }
            _ => self.in_range(value.clone(), element),
        };
        let same = self.keep_as(same, "element");
        let is_same = self.compare_exactly(CompareOp::Equal, (same.clone(), element), (value.clone(), &subject.ty));
        let otherwise = Sql::all([value.known(), own.clone().known()]);
        Sql::Case(vec![(is_same, among(self, same)), (otherwise, Sql::bool(false))], None)
    }

    pub(crate) fn has(&mut self, subject: &Expr, element: &Expr) -> Sql {
        self.is_in(element, subject)
    }

    pub(crate) fn has_of(&mut self, test: HasTest, subject: &Expr, elements: &Expr) -> Sql {
        let (own, others) = (element_of(&subject.ty), element_of(&elements.ty));
        let written = match &subject.kind {
            ExprKind::List(each) if self.constant(subject).is_none() => Some(each),
            _ => None,
        };
        let apart = match (self.constant(elements), &elements.kind) {
            (Some(Value::List(values)), _) if own != others || written.is_some() => {
                Some(constants(&values, &others, elements.span))
            }
            (Some(Value::List(_)), _) => None,
            (_, ExprKind::List(each)) => Some(each.clone()),
            _ => None,
        };
        if let Some(each) = apart {
            let parts: Vec<Sql> = each.iter().map(|it| self.is_in(it, subject)).collect();
            // Nothing is asked for: that is so of every list that is known.
            let parts = if parts.is_empty() {
                let known = self.value(subject).known();
                vec![Sql::when(known, Sql::bool(test == HasTest::All))]
            } else {
                parts
            };
            return match test {
                HasTest::Any => Sql::any(parts),
                HasTest::All => Sql::all(parts),
                HasTest::None => Sql::any(parts).negated(),
            };
        }
        if let (Some(each), true) = (written, test != HasTest::All || own == others) {
            return self.written_has(test, each, &own, elements);
        }
        if own != others && is_number(&own) {
            return self.cannot(
                elements.span,
                "lists of different kinds of numbers are not compared",
                "declare both columns with the same type",
            );
        }
        let (subject, elements) = (self.value(subject), self.value(elements));
        match test {
            HasTest::Any => self.dialect.has_any(subject, elements),
            HasTest::All => self.dialect.has_all(subject, elements),
            HasTest::None => self.dialect.has_any(subject, elements).negated(),
        }
    }

    /// Whether a list that is written in place has any of another, or all: what is missing in it could be whatever is asked for.
    fn written_has(&mut self, test: HasTest, each: &[Expr], element: &Type, others: &Expr) -> Sql {
        let of_others = self.value(others);
        let of_others = self.keep_as(of_others, "asked");
        let nothing = Sql::binary(self.dialect.count(of_others.clone()), "=", Sql::int(0));
        if test != HasTest::All {
            let parts: Vec<Sql> = each.iter().map(|it| self.is_in(it, others)).collect();
            let any = Sql::if_else(nothing, Sql::bool(false), Sql::any(parts));
            return if test == HasTest::None { any.negated() } else { any };
        }
        if !self.dialect.lists_may_be_missing() {
            return self.cannot(
                self.place_now,
                "a list that may be missing is not written",
                "ask for its elements one by one",
            );
        }
        let values: Vec<Sql> = self.values(each).into_iter().map(|it| self.keep_as(it, "element")).collect();
        let known = values.iter().map(|it| it.clone().known()).chain([of_others.clone().known()]);
        let known = Sql::all(known.collect::<Vec<_>>());
        // In the place of what is missing stands another.
        let own = values.iter().map(|it| {
            let others = values.iter().filter(|other| *other != it).cloned();
            Sql::call("coalesce", std::iter::once(it.clone()).chain(others).collect::<Vec<_>>())
        });
        let has_all = self.dialect.has_all(self.dialect.list(own.collect(), element), of_others);
        let arms = [(nothing, true), (has_all, true), (known, false)].map(|(holds, answer)| (holds, Sql::bool(answer)));
        Sql::Case(arms.into(), None)
    }

    pub(crate) fn list_of(&mut self, elements: &[Expr], ty: &Type) -> Sql {
        let element = if let Type::List(element) = ty { (**element).clone() } else { Type::Text };
        if element == Type::Duration {
            return self.cannot(
                self.place_now,
                "a list of durations that are computed is not written",
                "ask for its elements one by one: `took = 1d or took = 2h`",
            );
        }
        let values: Vec<Sql> = self.values(elements).into_iter().map(|it| self.keep_as(it, "element")).collect();
        let known = Sql::all(values.iter().map(|it| it.clone().known()));
        if !self.dialect.lists_may_be_missing() {
            return self.cannot(
                self.place_now,
                "a list that may be missing is not written",
                "write the list out where it is asked",
            );
        }
        let list = self.dialect.list(values, &element);
        Sql::when(known, list)
    }

    /// An uploaded list: a table of the warehouse, where one is said, else its texts in place.
    pub(crate) fn in_uploaded(&mut self, subject: &Expr, list: ListId) -> Sql {
        let subject = self.value(subject);
        let declared = self.rulebook.lists.get(list.0 as usize);
        let mapped = declared.and_then(|it| Some((it, self.target.tables.get(it.name.as_str())?)));
        if let Some((declared, table)) = mapped {
            let column = declared.column.clone().unwrap_or_else(|| declared.name.to_string());
            let table = table.clone();
            let subject = self.keep_as(subject, "value");
            let known = self.known(subject.clone());
            let is_in = Sql::InTable(Box::new(subject), column, table);
            // Of what is missing an engine says that it is in no list that is empty.
            return if known.is_literal() { is_in } else { Sql::when(known, is_in) };
        }
        let mut texts: Vec<Arc<str>> = self.context.lists.get(list.0 as usize).into_iter().flatten().cloned().collect();
        texts.sort_unstable();
        if let (Some(declared), false) = (declared, texts.is_empty()) {
            self.lists_written.insert(declared.name.to_string(), texts.len());
        }
        subject.one_of(texts.iter().map(|it| Sql::text(&**it)).collect())
    }
}

fn element_of(list: &Type) -> Type {
    if let Type::List(element) = list { (**element).clone() } else { list.clone() }
}

/// Written values, each by itself.
fn constants(values: &[Value], element: &Type, span: Span) -> Vec<Expr> {
    let each =
        values.iter().map(|value| Expr { kind: ExprKind::Constant(value.clone()), ty: type_of(value, element), span });
    each.collect()
}

/// The type of an element of a list of different number types.
fn type_of(value: &Value, element: &Type) -> Type {
    match value {
        Value::Int(_) => Type::Int,
        Value::Decimal(decimal) => Type::Decimal(decimal.scale),
        Value::Float(_) => Type::Float,
        _ => element.clone(),
    }
}
