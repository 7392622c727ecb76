//! Definitions: each a column named after it, with its label and where it stands; and what the tables of the warehouse hold.

use crate::{
    ir::{Arm, Body, Choice, CompareOp, DefinitionId, Expr, ExprKind, Ladder, Quorum, Score},
    schema::{Column, ColumnId, Role, Table, TableId},
    source::Span,
    sql::{
        ast::{From, Item, Join, Literal, Over, Select, Sql, Step, Word},
        dialect::Arithmetic,
        layers::Brings,
        lower::{BUT_ON_CLICKHOUSE, Bound, Held, Length, Lowering, bounds},
        stack::Stack,
    },
    value::{Type, UpperEnd, Value, aggregate},
};

/// Functions that are missing where what they are of is, and nowhere else.
const STRICT: [&str; 29] = [
    "list_contains",
    "list_has_all",
    "list_has_any",
    "contains",
    "strpos",
    "position",
    "starts_with",
    "startswith",
    "startsWith",
    "ends_with",
    "endswith",
    "endsWith",
    "right",
    "regexp_matches",
    "regexp_like",
    "regexp_replace",
    "replaceRegexpAll",
    "btrim",
    "length",
    "char_length",
    "lengthUTF8",
    "lower",
    "upper",
    "lowerUTF8",
    "upperUTF8",
    "sha256",
    "sha2",
    "substr",
    "substring",
];

impl Lowering<'_> {
    /// Reads the users.
    pub(crate) fn read_users(&mut self, needed: impl IntoIterator<Item = ColumnId>) {
        let table = self.rulebook.schema.root().clone();
        debug_assert!(matches!(table.role, Role::Root));
        let base = self.names.of(&format!("{}_rows", table.name));
        let input = table.name.to_string();
        let mut select = Select::from(From::Table(self.table_of(&table.name), input.clone()));
        let key = table.key.unwrap_or(ColumnId(0));
        let mut all: Vec<ColumnId> = vec![key];
        all.extend(needed.into_iter().filter(|it| *it != key));
        for id in all.iter().copied() {
            let column = table.column(id);
            let name = self.names.of(&column.name);
            let held = self.input(&input, column, &name, &mut select);
            if let Some(item) = select.items.last_mut().filter(|_| id == key) {
                item.sql = self.read_key(&input, &table, key, item.sql.clone());
            }
            self.promise(&held, column);
            self.columns.insert(id, held);
        }
        if let Some(Held::One(Sql::Column(_, name))) = self.columns.get(&key) {
            self.key = name.clone();
        }
        select.filter.push(Sql::of(&input, &table.column(key).header).known());
        self.keep_promises(&input, &table, all, key, None, &mut select);
        self.read_moments(&mut select);
        let comment = vec!["what the rules ask of users, in the types that they say".to_owned()];
        self.first.push(Step { name: base.clone(), comment, select });
        self.users = Stack::of(&base, table.name.as_str());
    }

    /// What the rules promise of a column; floats that are no numbers are missing all the same.
    pub(crate) fn promise(&mut self, held: &Held, column: &Column) {
        if let (Held::One(Sql::Column(_, name)), false) = (held, column.optional || column.ty == Type::Float) {
            self.always_known.insert(name.clone());
        }
    }

    /// A column of the warehouse, in the type that is computed with.
    pub(crate) fn input(&mut self, table: &str, described: &Column, name: &str, select: &mut Select) -> Held {
        let span = described.span;
        self.tell_column_apart(table, &described.header, span.unwrap_or_default());
        let column = Sql::of(table, &described.header);
        if described.ty == Type::Duration {
            let Some([months, days, micros]) = self.dialect.read_duration(column) else {
                self.cannot(
                    span.unwrap_or_default(),
                    "a column of durations is not read",
                    "keep its seconds as a number",
                );
                return Held::Length(Length::missing());
            };
            let mut part = |sql: Sql, ending: &str| {
                let name = self.names.of(&format!("{name}_{ending}"));
                select.items.push(Item::named(sql, &name));
                Sql::column(&name)
            };
            let (months, days, micros) = (part(months, "months"), part(days, "days"), part(micros, "micros"));
            for part in [&months, &micros] {
                if let Sql::Column(_, name) = part {
                    self.twins.insert(name.clone(), days.clone());
                }
            }
            return Held::Length(Length { months, days, micros });
        }
        select.items.push(Item::named(self.read_column(column, described), name));
        if described.ty == Type::Int {
            self.keep_bound(name, bounds::INTS);
            self.wholes.insert(name.to_owned());
        }
        Held::One(Sql::column(name))
    }

    /// Where a table is in the warehouse.
    pub(crate) fn table_of(&self, name: &str) -> Vec<String> {
        self.target.tables.get(name).cloned().unwrap_or_else(|| vec![name.to_owned()])
    }

    pub(crate) fn define(&mut self, id: DefinitionId) {
        let definition = self.rulebook.definition(id);
        let declared = (definition.body.word(), self.comment(definition));
        let name = definition.name.as_str();
        self.at = 0;
        self.users.turn(id.0 as usize + 1);
        self.about = name.to_owned();
        let held = match &definition.body {
            Body::Let(expr) if expr.ty == Type::Duration => {
                let length = self.length(expr);
                let long = length.parts().into_iter().filter(|it| !it.is_short()).count();
                Held::Length(match long {
                    0 | 1 => length.each(|part| match part.is_short() {
                        true => part,
                        false => {
                            let part = self.column_of(part, name, None);
                            self.users.explain(&part, &declared.1);
                            part
                        }
                    }),
                    _ => self.keep_parts(length),
                })
            }
            Body::Let(expr) => {
                let value = self.value(expr);
                self.named(value, name, declared)
            }
            Body::Tag(condition) | Body::Segment(condition) => {
                let holds = self.holds(condition);
                let closed = self.closed(holds);
                self.named(closed, name, declared)
            }
            Body::Score(score) => {
                let score = self.score(score, &definition.ty);
                self.named(score, name, declared)
            }
            Body::Level(ladder) | Body::Layer(ladder) => {
                let value = self.ladder(ladder, &definition.ty, definition.span);
                self.named(value, name, declared)
            }
            Body::Funnel(_, aggregate) => {
                let held = self.answer(*aggregate);
                match held {
                    Held::One(sql) => self.named(sql, name, declared),
                    held => held,
                }
            }
        };
        let level = self.at;
        self.definitions.insert(id, Bound { held, level });
    }

    fn named(&mut self, sql: Sql, name: &str, declared: (&'static str, String)) -> Held {
        if sql.is_short() {
            // It is the column of another already.
            self.users.explain(&sql, &declared.1);
            return Held::One(sql);
        }
        Held::One(self.column_of(sql, name, Some(declared)))
    }

    /// A condition where it only matters of whom it is true: unknown may as well be false.
    pub(crate) fn holds(&mut self, expr: &Expr) -> Sql {
        match &expr.kind {
            ExprKind::And(parts) => Sql::all(parts.iter().map(|it| self.holds(it)).collect::<Vec<_>>()),
            ExprKind::Or(parts) => Sql::any(parts.iter().map(|it| self.holds(it)).collect::<Vec<_>>()),
            ExprKind::CompareAge { op, moment, duration } => self.older(&[(*op, &**duration)], moment),
            ExprKind::AgeBetween { moment, low, high, upper } => {
                let below = if *upper == UpperEnd::Included { CompareOp::AtMost } else { CompareOp::Less };
                self.older(&[(CompareOp::AtLeast, low), (below, high)], moment)
            }
            ExprKind::Not(of) => self.fails(of),
            ExprKind::Quorum { quorum, conditions } => match quorum {
                Quorum::All => Sql::all(conditions.iter().map(|it| self.holds(it)).collect::<Vec<_>>()),
                Quorum::Any => Sql::any(conditions.iter().map(|it| self.holds(it)).collect::<Vec<_>>()),
                Quorum::None => Sql::all(conditions.iter().map(|it| self.fails(it)).collect::<Vec<_>>()),
                Quorum::AtLeast(needed) => {
                    let each = conditions.iter().map(|it| self.holds(it)).collect::<Vec<_>>();
                    Sql::binary(how_many(each), ">=", Sql::int(i128::from(*needed)))
                }
            },
            _ if self.is_never_there(expr) => Sql::bool(false),
            _ => self.value(expr),
        }
    }

    /// Where it only matters of whom a condition is false: `a < b` for `not (a >= b)`.
    fn fails(&mut self, expr: &Expr) -> Sql {
        match &expr.kind {
            ExprKind::And(parts) => Sql::any(parts.iter().map(|it| self.fails(it)).collect::<Vec<_>>()),
            ExprKind::Or(parts) => Sql::all(parts.iter().map(|it| self.fails(it)).collect::<Vec<_>>()),
            ExprKind::Not(of) => self.holds(of),
            ExprKind::CompareAge { op, moment, duration } => self.older(&[(op.negated(), &**duration)], moment),
            ExprKind::Quorum { quorum, conditions } => match quorum {
                Quorum::All => Sql::any(conditions.iter().map(|it| self.fails(it)).collect::<Vec<_>>()),
                Quorum::Any => Sql::all(conditions.iter().map(|it| self.fails(it)).collect::<Vec<_>>()),
                Quorum::None => Sql::any(conditions.iter().map(|it| self.holds(it)).collect::<Vec<_>>()),
                Quorum::AtLeast(needed) => {
                    let most = conditions.len() as i128 - i128::from(*needed);
                    let each = conditions.iter().map(|it| self.fails(it)).collect::<Vec<_>>();
                    Sql::binary(how_many(each), ">", Sql::int(most))
                }
            },
            _ if self.is_never_there(expr) => Sql::bool(false),
            _ => self.value(expr).negated(),
        }
    }

    /// True or false, never unknown.
    pub(crate) fn closed(&self, holds: Sql) -> Sql {
        if self.is_never_missing(&holds) { holds } else { Sql::call("coalesce", [holds, Sql::bool(false)]) }
    }

    /// `a IS NOT NULL`, or that it always is known.
    pub(crate) fn known(&self, sql: Sql) -> Sql {
        if self.is_never_missing(&sql) { Sql::bool(true) } else { sql.known() }
    }

    /// Whether a value is known of everybody.
    pub(crate) fn is_never_missing(&self, sql: &Sql) -> bool {
        self.is_known_beside(sql, &[])
    }

    /// Likewise, where these columns are known as well.
    fn is_known_beside(&self, sql: &Sql, known: &[&Sql]) -> bool {
        let is_known = |it: &Sql| self.is_known_beside(it, known);
        match sql {
            Sql::Literal(literal) => *literal != Literal::Null,
            Sql::IsNull(_) | Sql::IsKnown(_) => true,
            Sql::Column(_, name) => self.always_known.contains(name) || known.contains(&sql),
            Sql::Binary("=" | "<>" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "||", of) => {
                is_known(&of.0) && is_known(&of.1)
            }
            Sql::Between(of) => [&of.0, &of.1, &of.2].into_iter().all(is_known),
            Sql::In(of, list) => is_known(of) && list.iter().all(is_known),
            Sql::Cast("CAST", of, _) => is_known(of),
            Sql::Binary("//" | "DIV" | "%", of) => is_known(&of.0) && is_divisor(&of.1),
            Sql::Call("div" | "intDiv", of) => of.first().is_some_and(is_known) && of.get(1).is_some_and(is_divisor),
            Sql::Over(over) => matches!(over.function.name(), "rank" | "count"),
            Sql::All(parts) => parts.iter().all(is_known),
            // `x > 3 OR x IS NULL`: where it is missing the last part holds.
            Sql::Any(parts) => {
                let missing = parts.iter().filter_map(|it| if let Sql::IsNull(of) = it { Some(&**of) } else { None });
                let known: Vec<&Sql> = missing.chain(known.iter().copied()).collect();
                parts.iter().all(|it| self.is_known_beside(it, &known))
            }
            Sql::Not(of) => is_known(of),
            Sql::Case(arms, Some(otherwise)) | Sql::Switch(_, arms, Some(otherwise)) => {
                arms.iter().map(|(_, then)| then).chain([&**otherwise]).all(is_known)
            }
            Sql::Call("coalesce", of) => of.iter().any(is_known),
            // A list that is written out.
            Sql::Words(words) => match words.as_slice() {
                [Word::Text("["), Word::List(all), Word::Text("]")] => all.iter().all(is_known),
                _ => false,
            },
            // What ends the query is nobody's value.
            Sql::Call("error" | "raise_error" | "throwIf", _) => true,
            Sql::Call(name, of) if STRICT.contains(name) => of.iter().all(is_known),
            _ => false,
        }
    }

    fn score(&mut self, score: &Score, ty: &Type) -> Sql {
        let value = self.value(&score.base);
        let mut sum = self.widened(value, &score.base.ty, ty);
        for arm in &score.arms {
            let condition = self.holds(&arm.condition);
            let points = self.value(&arm.points);
            let points = self.widened(points, &arm.points.ty, ty);
            let none = self.literal(&aggregate::sum(&Value::List([].into()), ty), ty);
            let points = Sql::if_else(condition, points, none);
            let operator = if arm.minus { Arithmetic::Subtract } else { Arithmetic::Add };
            sum = match (&sum, operator) {
                // The points of an arm that applies, and nothing else.
                (first, Arithmetic::Add) if first.is_zero() => points,
                _ => self.combined(operator, (sum, ty.clone()), (points, ty.clone()), ty),
            };
        }
        match &score.clamp {
            None => sum,
            Some((low, high)) => {
                let is_range = self.is_range(low, high);
                if is_range == Some(false) {
                    return self.literal(&Value::Missing, ty);
                }
                let mut end = |it: &Expr| {
                    let value = self.value(it);
                    let value = self.widened(value, &it.ty, ty);
                    self.keep_as(value, "end")
                };
                let (low, high) = (end(low), end(high));
                let sum = self.keep_as(sum, "sum");
                self.clamped(sum, low, high, is_range.is_some())
            }
        }
    }

    fn ladder(&mut self, ladder: &Ladder, ty: &Type, span: Span) -> Sql {
        let names = self.choices(ty);
        let name = |arm: &Arm| Sql::text(names.get(arm.rank as usize).cloned().unwrap_or_default());
        let mut arms: Vec<(Sql, Sql)> = vec![];
        let mut otherwise = None;
        for arm in &ladder.arms {
            match &arm.choice {
                Choice::From { condition, .. } | Choice::When(condition) => {
                    let condition = self.holds(condition);
                    let noun = names.get(arm.rank as usize).map_or("holds", String::as_str);
                    let condition = if ladder.exclusive { self.keep_as(condition, noun) } else { condition };
                    arms.push((condition, name(arm)));
                }
                Choice::Otherwise => otherwise = Some(Box::new(name(arm))),
            }
        }
        if ladder.exclusive && arms.len() > 1 {
            let count = how_many(arms.iter().map(|(holds, _)| holds.clone()).collect());
            let message = format!("{}: two arms of an exclusive layer both apply", self.place(span));
            arms.insert(0, (Sql::binary(count, ">", Sql::int(1)), self.dialect.fail(&message, &Type::Text)));
        }
        match (arms.is_empty(), otherwise) {
            (true, Some(otherwise)) => *otherwise,
            (true, None) => self.literal(&Value::Missing, ty),
            (false, otherwise) => Sql::Case(arms, otherwise),
        }
    }

    /// `channels[source].price`: the reference table joined by its key.
    pub(crate) fn lookup(&mut self, id: TableId, key: &Expr, column: ColumnId) -> Sql {
        let table = self.rulebook.schema.table(id).clone();
        if table.column(column).ty == Type::Duration {
            return self.cannot(key.span, "a column of durations is not looked up", "keep its seconds as a number");
        }
        if matches!(table.column(column).ty, Type::List(_)) && !self.dialect.lists_may_be_missing() {
            return self.cannot(key.span, "a list that may be missing is not looked up", BUT_ON_CLICKHOUSE);
        }
        let Some(key_column) = table.key else { return Sql::NULL };
        if !self.lookups.contains_key(&id) {
            let step = self.names.of(&format!("{}_rows", table.name));
            let input = table.name.to_string();
            let mut select = Select::from(From::Table(self.table_of(&table.name), input.clone()));
            let mut columns = std::collections::HashMap::new();
            for (at, column) in table.columns.iter().enumerate() {
                let is_read =
                    ColumnId(at as u32) == key_column || self.lookups_read.contains(&(id, ColumnId(at as u32)));
                if column.ty == Type::Duration || !is_read {
                    continue;
                }
                let name = self.names.of(&format!("{}_{}", table.name, column.name));
                self.input(&input, column, &name, &mut select);
                if ColumnId(at as u32) == key_column
                    && let Some(item) = select.items.last_mut()
                {
                    let key = self.only_once(item.sql.clone(), &table, column);
                    item.sql = self.read_key(&input, &table, key_column, key);
                }
                columns.insert(ColumnId(at as u32), name);
            }
            let comment = vec![format!("looked up by {}", table.column(key_column).name)];
            select.filter.push(Sql::of(&input, &table.column(key_column).header).known());
            let read = columns.keys().copied().collect::<std::collections::BTreeSet<ColumnId>>();
            self.keep_promises(&input, &table, read, key_column, None, &mut select);
            select.small = true;
            self.first.push(Step { name: step.clone(), comment, select });
            self.lookups.insert(id, (step, columns));
        }
        let value = self.value(key);
        let value = self.keep_as(value, "key");
        let Some((step, columns)) = self.lookups.get(&id).cloned() else { return Sql::NULL };
        let (Some(wanted), Some(by)) = (columns.get(&column), columns.get(&key_column)) else { return Sql::NULL };
        // A second column by the same key comes with the same join.
        let by_key = match &value {
            Sql::Column(_, name) => name.clone(),
            _ => table.column(key_column).name.to_string(),
        };
        let known = self.stack().joined(&step, by, &value);
        let from = self.at;
        let relation = self.stack().relation(from).to_owned();
        let alias = match &known {
            Some((alias, _)) => alias.clone(),
            None => self.names.of(&format!("{}_of_{by_key}", table.name)),
        };
        let wanted = Sql::of(&alias, wanted);
        if let Some((name, level)) = known.as_ref().and_then(|_| self.stack().find_joined(&wanted)) {
            self.at = self.at.max(level);
            return Sql::column(&name);
        }
        let name = self.names.of(&format!("{by_key}_{}", table.column(column).name));
        let item = Item::named(wanted, &name);
        if let Some((alias, level)) = known {
            self.stack().bring(&alias, item);
            self.at = self.at.max(level);
            return Sql::column(&name);
        }
        let own = match &value {
            Sql::Column(_, name) => Sql::of(&relation, name),
            other => other.clone(),
        };
        let on = Sql::binary(Sql::of(&alias, by), "=", own);
        let join = Join { kind: "LEFT JOIN", from: From::As(step, alias), on: Some(on) };
        let stack = match &mut self.rows {
            Some(rows) => &mut rows.stack,
            None => &mut self.users,
        };
        self.at = stack.join(from, vec![], join, vec![item], Brings::Columns(table.name.to_string()));
        Sql::column(&name)
    }
}

impl Lowering<'_> {
    /// The key of a reference table; one that comes twice, which would double whoever looks it up, ends the query.
    fn only_once(&self, key: Sql, table: &Table, column: &Column) -> Sql {
        let function = Sql::aggregate("count", None, None);
        let rows = Sql::Over(Box::new(Over { function, partition: vec![key.clone()], order: vec![], before: false }));
        let message = format!("table {}: a key is there twice: each row needs its own {}", table.name, column.header);
        let is_twice = Sql::binary(rows, ">", Sql::int(1));
        // A float that is no number is missing, however many of them there are.
        let is_twice = if column.ty == Type::Float { Sql::all([key.clone().known(), is_twice]) } else { is_twice };
        Sql::if_else(is_twice, self.dialect.fail(&message, &column.ty), key)
    }
}

/// Whether it surely is a whole number and not zero: one that is written out, or how many rows there are where there is one.
fn is_divisor(sql: &Sql) -> bool {
    match sql {
        Sql::Over(over) => over.function.name() == "count",
        sql => sql.is_literal() && !sql.is_zero() && *sql != Sql::NULL,
    }
}

/// How many conditions are true.
fn how_many(conditions: Vec<Sql>) -> Sql {
    let each = conditions.into_iter().map(|it| Sql::if_else(it, Sql::int(1), Sql::int(0)));
    each.reduce(|sum, next| Sql::binary(sum, "+", next)).unwrap_or(Sql::int(0))
}
