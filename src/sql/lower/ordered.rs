//! Answers that hang on the order of rows, or on the order of values: the least, the first, the most frequent, the different ones.
//!
//! Rows come in order of their `at`, then of the table's key. Without a key the order of rows of the same moment is not known: such an
//! answer is looked for twice, with ties broken by the value one way and the other, and where the two differ the query ends.

use crate::{
    source::Span,
    sql::{
        ast::{From, Item, Select, Sense, Sql, Step},
        lower::{
            BUT_ON_CLICKHOUSE, Lowering,
            aggregates::Together,
            answers::{Answer, Empty, Part, Tie},
            clause::{Clause, Element, implies},
            values::EachValue,
        },
    },
    value::Type,
};

impl Lowering<'_> {
    /// `min(x)`, `max(x)`
    pub(crate) fn extreme(&mut self, clause: &Clause, element: &Element, least: bool) -> Answer {
        let function = if least { "min" } else { "max" };
        if element.ty != Type::Duration {
            let extreme = Sql::aggregate(function, Some(element.order.clone()), clause.rows.clone());
            let extreme = match element.ty {
                Type::Choice(_) => self.of_rank(extreme, &element.ty),
                _ => extreme,
            };
            return Answer::Here(vec![Part::missing(extreme)]);
        }
        // Of one part, whose order is that of the whole, there is nothing to choose.
        if let ([part], None) =
            (element.parts.iter().filter(|it| !it.is_literal()).collect::<Vec<_>>().as_slice(), &element.months)
            && element.parts.iter().all(|it| it == *part || it.is_zero())
        {
            let extreme = Sql::aggregate(function, Some((*part).clone()), clause.rows.clone());
            let each =
                element.parts.iter().map(|it| Part::missing(if it == *part { extreme.clone() } else { it.clone() }));
            return Answer::Here(each.collect());
        }
        let sense = if least { Sense::RISING } else { Sense::FALLING };
        let mut order = vec![(element.order.clone(), sense)];
        order.extend(clause.order.sorted(Sense::RISING));
        // Those with months have no order, unless there is one alone.
        let fits = self.with_months(clause, element.months.as_ref()).map(|with_months| {
            let fits = Sql::binary(with_months, "=", Sql::int(0));
            let count = Sql::aggregate("count", None, clause.known.clone());
            Sql::any([fits, Sql::binary(count, "=", Sql::int(1))])
        });
        let parts = element.parts.iter().map(|part| {
            if part.is_literal() {
                return Part::missing(part.clone());
            }
            let end = self.first_by(part.clone(), order.clone(), clause.known.clone());
            Part::missing(fits.iter().fold(end, |end, fits| Sql::when(fits.clone(), end)))
        });
        let parts = parts.collect();
        Answer::Here(self.or_nothing(parts, clause))
    }

    /// Where all parts of a duration are constants, somebody must tell whether there is any.
    fn or_nothing(&self, parts: Vec<Part>, clause: &Clause) -> Vec<Part> {
        let literal = |part: &Part| part.pieces.iter().all(Sql::is_literal);
        if !parts.iter().all(literal) {
            return parts;
        }
        let count = Sql::aggregate("count", None, clause.known.clone());
        let some = Sql::binary(count, ">", Sql::int(0));
        let present = |part: Part| {
            let pieces = part.pieces.into_iter().map(|piece| Sql::when(some.clone(), piece)).collect();
            Part { pieces, ..part }
        };
        parts.into_iter().map(present).collect()
    }

    /// `first(x)`, `last(x)`
    pub(crate) fn end(&mut self, clause: &Clause, element: &Element, sense: Sense, span: Span) -> Answer {
        if self.cannot_break_ties(clause, span) {
            return Answer::Here(vec![Part::missing(Sql::NULL)]);
        }
        let order = clause.order.sorted(sense);
        let decided = clause.order.key.is_some();
        let tie = |sense: Sense| {
            let ties = element.group.iter().map(|it| (it.clone(), sense));
            order.iter().cloned().chain(ties).collect::<Vec<_>>()
        };
        let parts: Vec<Sql> = element.parts.clone();
        let mut found = vec![];
        for part in parts {
            if part.is_literal() {
                found.push(Part::missing(part));
                continue;
            }
            let known = clause.known.clone();
            found.push(if decided {
                Part::missing(self.first_by(part, order.clone(), known))
            } else {
                let one = self.first_by(part.clone(), tie(Sense::RISING), known.clone());
                let other = self.first_by(part, tie(Sense::FALLING), known);
                let tied = Sql::binary(one.clone(), "<>", other);
                Part::untied(one, tied, self.tie(&element.ty, span))
            });
        }
        Answer::Here(self.or_nothing(found, clause))
    }

    /// Whether ties of rows cannot be told; said, if so.
    fn cannot_break_ties(&mut self, clause: &Clause, span: Span) -> bool {
        let cannot = clause.order.key.is_none() && !self.dialect.breaks_ties();
        if cannot {
            let help = "give the table a `key`: it tells the order of rows of the same moment";
            self.cannot(span, "what hangs on the order of rows without a key is not written", help);
        }
        cannot
    }

    /// What is told where the order of rows decides, which is not known.
    fn tie(&self, ty: &Type, span: Span) -> Tie {
        let message = format!(
            "{}: rows of the same moment: which comes first decides, and only a `key` of the table could tell",
            self.place(span)
        );
        Tie { message, ty: if *ty == Type::Duration { Type::Int } else { ty.clone() } }
    }

    /// `most(x)`, `most(x by w)`
    pub(crate) fn most(
        &mut self,
        clause: &Clause,
        element: &Element,
        weight: Option<&Element>,
        together: &Together,
        name: &str,
        span: Span,
    ) -> Answer {
        if self.cannot_break_ties(clause, span) {
            return Answer::Here(vec![Part::missing(Sql::NULL)]);
        }
        let mut each = self.each_value(clause, element, together, name, "counts");
        let keys = &together.keys;
        let mut rank: Vec<(Sql, Sense)> = vec![];
        let plain = Clause { rows: None, known: None, ..clause.clone() };
        match weight {
            None => {
                let count = each.add(Sql::aggregate("count", None, None), &format!("{name}_count"), &mut self.names);
                self.always_known.insert(count.clone());
                rank.push((Sql::column(&count), Sense::FALLING));
            }
            Some(weight) if weight.ty == Type::Duration => {
                let sums = {
                    let known = weight.parts.iter().filter(|it| !it.is_literal()).map(|it| it.clone().known());
                    let known = Some(Sql::all(known)).filter(|it| *it != Sql::bool(true));
                    let clause = Clause { known, ..plain.clone() };
                    let sums = self.length_sum_of(&clause, &weight.parts, weight.months.as_ref());
                    sums.into_iter().map(|it| self.whole(&it.whole, it.pieces)).collect::<Vec<_>>()
                };
                let mut columns = vec![];
                for sum in sums {
                    columns.push(match sum.is_literal() {
                        true => sum,
                        false => Sql::column(&each.add(sum, &format!("{name}_weight"), &mut self.names)),
                    });
                }
                let mut columns = columns.into_iter();
                let mut next = || columns.next().unwrap_or(Sql::int(0));
                let length = crate::sql::lower::Length { months: next(), days: next(), micros: next() };
                rank.push((self.exact(length), Sense::FALLING));
            }
            Some(weight) => {
                let value = weight.parts.first().cloned().unwrap_or(Sql::NULL);
                let sum = self.sum_of(&plain, &value, &weight.ty, span);
                let mut columns = vec![];
                let is_known = self.is_never_missing(&value) && matches!(sum.empty, Empty::Counted(_));
                // The weights of a value may all be missing: 0, which is more than what is owed.
                let of_none = match sum.empty {
                    Empty::Counted(none) if !self.is_never_missing(&value) => Some(none),
                    _ => None,
                };
                for piece in sum.pieces {
                    let piece = match &of_none {
                        Some(none) => Sql::call("coalesce", [piece, none.clone()]),
                        None => piece,
                    };
                    let column = each.add(piece, &format!("{name}_weight"), &mut self.names);
                    if is_known {
                        self.always_known.insert(column.clone());
                    }
                    columns.push(Sql::column(&column));
                }
                rank.push((self.whole(&sum.whole, columns), Sense::FALLING));
            }
        }
        for (at, place) in [(true, clause.order.at.clone()), (false, clause.order.key.clone())] {
            let Some(place) = place else { continue };
            let is_known = self.is_never_missing(&place);
            let last = match at {
                true => Sql::aggregate("max", Some(place), None),
                false => self.first_by(place, clause.order.sorted(Sense::FALLING), None),
            };
            let ending = if at { "last" } else { "last_key" };
            let column = each.add(last, &format!("{name}_{ending}"), &mut self.names);
            if is_known {
                self.always_known.insert(column.clone());
            }
            rank.push((Sql::column(&column), Sense::FALLING));
        }
        let EachValue { values, parts, .. } = each.clone();
        let told = format!("{name} ({}): what each value comes to, and when it came last", self.place(span));
        let first = each.step(told);
        let best = self.names.of(&format!("{name}_most"));
        let mut select = Select::from(From::Step(first.name.clone()));
        select.items = keys.iter().map(|key| Item::plain(Sql::column(&key.name))).collect();
        select.group = keys.iter().map(|key| Sql::column(&key.name)).collect();
        let mut columns = vec![];
        for part in parts {
            if part.is_literal() {
                columns.push(Part::missing(part));
                continue;
            }
            let column = self.names.of(name);
            if clause.order.key.is_some() {
                select.items.push(Item::named(self.first_by(part, rank.clone(), None), &column));
                columns.push(Part::missing(Sql::column(&column)));
            } else {
                let tie = |sense: Sense| {
                    rank.iter().cloned().chain(values.iter().map(|it| (Sql::column(it), sense))).collect::<Vec<_>>()
                };
                let one = self.first_by(part.clone(), tie(Sense::RISING), None);
                let other = self.first_by(part, tie(Sense::FALLING), None);
                let tied = self.names.of(&format!("{column}_tied"));
                select.items.push(Item::named(one.clone(), &column));
                select.items.push(Item::named(Sql::binary(one, "<>", other), &tied));
                let tie = self.tie(&element.ty, span);
                columns.push(Part::untied(Sql::column(&column), Sql::column(&tied), tie));
            }
        }
        let what = if weight.is_some() { "of the greatest weight" } else { "that came most often" };
        let comment = vec![format!("{name}: the value {what}")];
        Answer::Apart(vec![first, Step { name: best, comment, select }], columns)
    }

    /// `distinct(x)`, in order of first appearance
    pub(crate) fn distinct(
        &mut self,
        clause: &Clause,
        element: &Element,
        together: &Together,
        name: &str,
        span: Span,
    ) -> Answer {
        let keys = &together.keys;
        if element.ty == Type::Duration {
            let help = "make numbers of them: `distinct(orders.took / 1h)`";
            let what = self.cannot(span, "a list of durations is not written", help);
            return Answer::Here(vec![Part::missing(what)]);
        }
        if self.cannot_break_ties(clause, span) {
            return Answer::Here(vec![Part::missing(Sql::NULL)]);
        }
        if !self.dialect.lists_may_be_missing() && self.rows.is_none() && !keys.is_empty() {
            let what = "a list of a group, which may be missing, is not written";
            let what = self.cannot(span, what, BUT_ON_CLICKHOUSE);
            return Answer::Here(vec![Part::missing(what)]);
        }
        let mut each = self.each_value(clause, element, together, name, "values");
        let mut order: Vec<(Sql, Sense)> = vec![];
        if let Some(at) = &clause.order.at {
            let first = Sql::aggregate("min", Some(at.clone()), None);
            let is_known = self.is_never_missing(at) || clause.known.iter().any(|it| implies(it, at));
            let first = match is_known {
                true => first,
                // A row without a moment comes before all others.
                false => {
                    let known = Sql::aggregate("count", Some(at.clone()), None);
                    Sql::when(Sql::binary(known, "=", Sql::aggregate("count", None, None)), first)
                }
            };
            let column = each.add(first, &format!("{name}_first"), &mut self.names);
            if is_known {
                self.always_known.insert(column.clone());
            }
            order.push((Sql::column(&column), Sense::RISING));
        }
        if let Some(key) = &clause.order.key {
            let first = self.first_by(key.clone(), clause.order.sorted(Sense::RISING), None);
            let column = each.add(first, &format!("{name}_first_key"), &mut self.names);
            if self.is_never_missing(key) {
                self.always_known.insert(column.clone());
            }
            order.push((Sql::column(&column), Sense::RISING));
        }
        let values = each.values.clone();
        let first = each.step(format!("{name} ({}): when each value came first", self.place(span)));
        let list = self.names.of(&format!("{name}_list"));
        let mut select = Select::from(From::Step(first.name.clone()));
        select.items = keys.iter().map(|key| Item::plain(Sql::column(&key.name))).collect();
        select.group = keys.iter().map(|key| Sql::column(&key.name)).collect();
        let value = values.first().map_or(Sql::NULL, |it| Sql::column(it));
        let ty = Type::List(Box::new(element.ty.clone()));
        let column = self.names.of(name);
        let none = Empty::Is(self.dialect.list(vec![], &element.ty));
        let part = if clause.order.key.is_some() {
            select.items.push(Item::named(self.list_by(value, order, None), &column));
            Part::of(Sql::column(&column), none)
        } else {
            let tie = |sense: Sense| order.iter().cloned().chain([(value.clone(), sense)]).collect::<Vec<_>>();
            let one = self.list_by(value.clone(), tie(Sense::RISING), None);
            let other = self.list_by(value.clone(), tie(Sense::FALLING), None);
            let tied = self.names.of(&format!("{column}_tied"));
            select.items.push(Item::named(one.clone(), &column));
            select.items.push(Item::named(Sql::binary(one, "<>", other), &tied));
            let tie = self.tie(&ty, span);
            Part { empty: none, ..Part::untied(Sql::column(&column), Sql::column(&tied), tie) }
        };
        let list = Step { name: list, comment: vec![format!("{name}: the values in that order")], select };
        Answer::Apart(vec![first, list], vec![part])
    }
}
