//! Questions over many rows: for each table and stage one step that answers all of them, and a step of its own for what must be counted
//! first.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    ir::{Aggregate, AggregateFunction, AggregateId, Over},
    schema::{ColumnId, Role, Table, TableId},
    sql::{
        ast::{Aggregate as SqlAggregate, From, Item, Join, Select, Sense, Sql, Star, Step},
        layers::{self, Brings},
        lower::{
            Bound, ELSEWHERE, Held, Length, Lowering, Rows,
            answers::{Answer, Empty, Key, Part, Whole},
            bounds,
            captions::Caption,
            clause::{Clause, Order},
        },
        names::Names,
        stack::Stack,
    },
    value::{Type, Value},
};

/// Columns of users that a step is called after.
const FEW: usize = 2;

/// Questions that are answered together.
pub(crate) struct Together {
    /// The step, and the columns of its groups: none of everybody.
    pub(crate) name: String,
    brings: Brings,
    /// What it is joined by.
    pub(crate) keys: Vec<Key>,
    items: Vec<Item>,
    /// Columns that are a part of an answer.
    pieces: HashSet<String>,
    /// Columns that are called after who asked first, and what they are called once others ask: `orders_amount_sum`.
    helpers: HashMap<String, (AggregateId, String)>,
    level: usize,
    /// The level that steps of their own read.
    apart_level: usize,
    apart: Vec<(String, Vec<Step>)>,
    /// Who is answered with a moment that has happened.
    happened: HashSet<AggregateId>,
    /// Whose answers stand in which columns of which step.
    answers: Vec<(AggregateId, String, Vec<Part>)>,
}

impl Lowering<'_> {
    /// Answers all questions of a stage.
    pub(crate) fn stage(&mut self, ids: &[AggregateId]) {
        self.users.turn(0);
        let mut tables: BTreeSet<TableId> = BTreeSet::new();
        for id in ids {
            if let Over::Children(table) = self.rulebook.aggregate(*id).over {
                tables.insert(table);
            }
        }
        for table in tables {
            let of: Vec<AggregateId> =
                ids.iter().copied().filter(|id| self.rulebook.aggregate(*id).over == Over::Children(table)).collect();
            self.children(table, &of);
        }
        let users: Vec<AggregateId> =
            ids.iter().copied().filter(|id| self.rulebook.aggregate(*id).over == Over::Users).collect();
        self.everybody(&users);
    }

    fn children(&mut self, id: TableId, ids: &[AggregateId]) {
        let table = self.rulebook.schema.table(id);
        if let Some(span) = table.span.filter(|_| table.is_ledger()) {
            let what = format!("what was decided before (`{}`) is not there", table.name);
            self.cannot(span, what, "it stands in the state: evaluate these rules with `tagwell run --state`");
        }
        let table = self.rulebook.schema.table(id).clone();
        let Role::Children { by, at } = table.role else { return };
        let mut needed: BTreeSet<ColumnId> =
            ids.iter().flat_map(|id| self.rulebook.aggregate(*id).child_columns()).collect();
        needed.insert(by);
        needed.extend(at);
        let ordered = ids.iter().any(|id| is_ordered(self.rulebook.aggregate(*id)));
        needed.extend(table.key.filter(|_| ordered));
        let base = self.names.of(&format!("{}_rows", table.name));
        let input = table.name.to_string();
        let mut select = Select::from(From::Table(self.table_of(&table.name), input.clone()));
        let mut columns = std::collections::HashMap::new();
        for column in needed.iter().copied() {
            let described = table.column(column);
            let name = self.names.one_of(&[described.name.as_str(), &format!("{}_{}", table.name, described.name)]);
            let held = self.input(&input, described, &name, &mut select);
            if let Some(item) = select.items.last_mut().filter(|_| column == by) {
                item.sql = self.read_key(&input, &table, by, item.sql.clone());
            }
            self.promise(&held, described);
            columns.insert(column, held);
        }
        let one = |column: ColumnId| match columns.get(&column) {
            Some(Held::One(sql)) => Some(sql.clone()),
            _ => None,
        };
        let (by_column, at_column) = (one(by), at.and_then(one));
        self.read_moments(&mut select);
        let order = Order { at: at_column.clone(), key: table.key.filter(|_| ordered).and_then(one) };
        let Some(Sql::Column(_, by_name)) = by_column else { return };
        self.rows = Some(Rows {
            table: id,
            columns,
            stack: Stack::of(&base, table.name.as_str()),
            user_level: 0,
            user_columns: BTreeSet::new(),
        });
        let step = self.names.of(&format!("{}_by_{}", table.name, self.rulebook.schema.root().name));
        let key = Sql::column(&self.key);
        let brings = Brings::Rows(table.name.to_string());
        let mut together =
            Together::new(step, brings, vec![Key { from: by_name.clone(), name: by_name.clone(), own: key }]);
        let mut bounds: Vec<Option<Sql>> = vec![];
        for id in ids {
            let aggregate = self.rulebook.aggregate(*id).clone();
            self.about = self.caption(*id).name;
            let clause = self.clause(&aggregate, &order);
            bounds.push(clause.rows.as_ref().zip(at_column.as_ref()).and_then(|(rows, at)| self.since(rows, at)));
            self.gather(*id, clause, &mut together);
        }
        let Some(rows) = self.rows.take() else { return };
        let bounds: Option<Vec<Sql>> = bounds.into_iter().collect();
        let since = bounds.and_then(|it| self.earliest(it)).map(|it| self.told_by_clock(it));
        let windows = if since.is_some() { " since the earliest window began" } else { "" };
        let told = vec![format!("what has happened of {}{windows}", table.name)];
        // What has happened, and whose it is.
        select.filter.push(Sql::of(&input, &table.column(by).header).known());
        if let (Some(at), Some(_)) = (at, &at_column) {
            let described = table.column(at);
            let happened = Sql::of(&input, &described.header);
            let now = self.told_by_clock(self.now_of_rows(&described.ty));
            let compared = self.compared_column(happened.clone(), described);
            select.filter.push(match (since, described.optional) {
                (Some(since), _) => self.within((compared, &described.ty), since, now),
                (None, true) => Sql::any([happened.missing(), Sql::binary(compared, "<=", now)]),
                (None, false) => Sql::binary(compared, "<=", now),
            });
        }
        self.keep_promises(&input, &table, needed, by, at, &mut select);
        self.read_locals(&mut select);
        let before = self.rows_of(&table, &rows, &base, &by_name, Step { name: base.clone(), comment: told, select });
        let level = rows.user_level;
        self.join_all(together, rows.stack, before, level, None);
    }

    /// The step that reads the rows of a table; and one more with what they have of their users, which the stack of the rows stands on.
    fn rows_of(&mut self, table: &Table, rows: &Rows, base: &str, by: &str, mut raw: Step) -> Vec<Step> {
        let theirs: Vec<String> = rows.user_columns.iter().cloned().collect();
        if self.aggregates.keys().any(|it| self.rulebook.aggregate(*it).over == Over::Children(rows.table)) {
            raw.comment.push(self.told_again(&theirs));
        }
        if theirs.is_empty() {
            return vec![raw];
        }
        // Whatever stands between, the step that reads the table is called the same.
        raw.name = self.names.of(&format!("{}_input", table.name));
        self.titles.insert(raw.name.clone(), base.to_owned());
        // `orders_with_favourite`: after what they have of their users.
        let title = if theirs.len() > FEW { "users".to_owned() } else { theirs.join("_and_") };
        self.titles.insert(base.to_owned(), self.names.of(&format!("{}_with_{title}", table.name)));
        let users = self.users.relation(rows.user_level).to_owned();
        let mut joined = Select::from(From::Step(raw.name.clone()));
        joined.star = Star::Of(raw.name.clone());
        joined.items = theirs.iter().map(|it| Item::plain(Sql::of(&users, it))).collect();
        joined.joins.push(Join {
            kind: "JOIN",
            from: From::Step(users.clone()),
            on: Some(Sql::binary(Sql::of(&users, &self.key), "=", Sql::of(&raw.name, by))),
        });
        let comment = vec!["with what their users have".into()];
        vec![raw, Step { name: base.to_owned(), comment, select: joined }]
    }

    /// Why a table is read once more: `read again, beside favourite of their users, which is computed above`
    fn told_again(&self, theirs: &[String]) -> String {
        let is_read = |name: &&String| {
            let is_it = |sql: &Sql| matches!(sql, Sql::Column(_, own) if own == *name);
            self.columns.values().any(|held| match held {
                Held::One(sql) => is_it(sql),
                Held::Length(length) => length.parts().into_iter().any(is_it),
            })
        };
        let computed: Vec<String> = theirs.iter().filter(|it| !is_read(it)).cloned().collect();
        match computed.len() {
            0 => "read again: what is asked of these rows hangs on what is computed above".into(),
            1 => format!("read again, beside {} of their users, which is computed above", computed.concat()),
            _ => format!("read again, beside {} of their users, which are computed above", layers::few(&computed)),
        }
    }

    /// Writes the steps of questions that were gathered, and joins them to the users of a level.
    pub(crate) fn join_all(
        &mut self,
        together: Together,
        rows: Stack,
        mut before: Vec<Step>,
        level: usize,
        of_users: Option<&str>,
    ) {
        let relation = of_users.map_or_else(|| rows.relation(together.level).to_owned(), str::to_owned);
        if of_users.is_none() {
            rows.steps(&mut before, None, self.dialect.fence(), &mut self.names, &mut self.titles);
        }
        let Together { name, brings, keys, items, apart, happened, mut answers, .. } = together;
        let mut joins = vec![];
        if !items.is_empty() {
            let mut select = Select::from(From::Step(relation));
            select.items = keys.iter().map(Key::item).collect();
            select.group = keys.iter().map(|key| Sql::column(&key.from)).collect();
            if of_users.is_some() {
                select.filter = self.in_groups(&keys);
            }
            select.items.extend(items);
            let comment = match &brings {
                Brings::Rows(table) => format!("what is asked of the {table} of each"),
                Brings::Totals(group) if group.is_empty() => "what is asked of everybody".into(),
                Brings::Totals(group) => format!("what is asked of everybody {}", group.replacen("per_", "per ", 1)),
                Brings::Columns(table) => format!("columns of {table}"),
                Brings::Lines(_) => "where ranks begin".into(),
            };
            let sorted = |(id, step, parts): &&mut (AggregateId, String, Vec<Part>)| {
                let is_list = parts.iter().any(|it| it.column().is_some());
                *step == name
                    && is_list
                    && matches!(self.rulebook.aggregate(*id).function, AggregateFunction::Quantile(_))
            };
            let quantiles: Vec<_> = answers.iter_mut().filter(sorted).collect();
            let title = self.titles.get(&name).unwrap_or(&name).clone();
            let gathered = if quantiles.is_empty() { name.clone() } else { self.names.of(&format!("{title}_values")) };
            before.push(Step { name: gathered.clone(), comment: vec![comment], select });
            if !quantiles.is_empty() {
                // Users have what is found in the lists, and not the lists.
                let users = std::mem::replace(&mut self.users, Stack::of(&gathered, &name));
                for (id, _, parts) in quantiles {
                    let quantile = self.quantile_of(*id, parts.iter().find_map(Part::column).unwrap_or_default());
                    *parts = vec![Part::missing(quantile)];
                }
                let found = std::mem::replace(&mut self.users, users);
                found.steps(&mut before, Some(title), self.dialect.fence(), &mut self.names, &mut self.titles);
            }
            joins.push(name.clone());
        }
        for (name, steps) in apart {
            before.extend(steps);
            joins.push(name);
        }
        let users = self.users.relation(level).to_owned();
        for join in joins {
            let on = keys.iter().map(|key| {
                let own = match &key.own {
                    Sql::Column(_, name) => Sql::of(&users, name),
                    other => other.clone(),
                };
                Sql::binary(Sql::of(&join, &key.name), "=", own)
            });
            let on = Sql::all(on);
            let mut columns: Vec<Item> = vec![];
            for (id, _, parts) in answers.iter().filter(|(_, step, _)| *step == join) {
                for part in parts {
                    let Some(column) = part.column() else { continue };
                    if happened.contains(id) {
                        self.happened.insert(column.to_owned());
                    }
                    if columns.iter().any(|it| it.alias.as_deref() == Some(column)) {
                        continue;
                    }
                    let pieces = part.pieces.iter().map(|piece| match piece {
                        Sql::Column(_, name) => Sql::of(&join, name),
                        other => other.clone(),
                    });
                    let value = self.whole(&part.whole, pieces.collect());
                    if matches!(part.whole, Whole::Mean(_) | Whole::Total(_) | Whole::Floats) {
                        self.keep_bound(column, bounds::DIGITS);
                    }
                    let value = match &part.empty {
                        Empty::Missing => value,
                        // Nobody's answer has no row in steps of its own, though the group has users.
                        Empty::Is(empty) if of_users.is_some() && join != name => {
                            let whose: Vec<Sql> = keys.iter().map(|key| self.known(key.own.clone())).collect();
                            let value = Sql::call("coalesce", [value, empty.clone()]);
                            match Sql::all(whose) {
                                always if always.is_literal() => {
                                    self.always_known.insert(column.to_owned());
                                    value
                                }
                                in_a_group => Sql::when(in_a_group, value),
                            }
                        }
                        Empty::Is(_) | Empty::Counted(_) if keys.is_empty() || of_users.is_some() => value,
                        Empty::Counted(empty) => {
                            self.always_known.insert(column.to_owned());
                            if *empty == Sql::int(0) {
                                self.keep_bound(column, bounds::ROWS);
                                self.counts.insert(column.to_owned());
                            }
                            Sql::call("coalesce", [value, empty.clone()])
                        }
                        Empty::Is(empty) => {
                            if matches!(self.rulebook.aggregate(*id).function, AggregateFunction::Distinct) {
                                self.always_known.insert(column.to_owned());
                            }
                            let first = keys.first().map_or(Sql::NULL, |key| Sql::of(&join, &key.name));
                            Sql::if_else(first.missing(), empty.clone(), value)
                        }
                    };
                    // What is computed of several, or in steps of its own, has its name here first.
                    let comment = (part.own.is_some() || join != name).then(|| self.caption(*id).comment);
                    columns.push(Item { comment, ..Item::named(value, column) });
                }
            }
            let (kind, on) = if keys.is_empty() { ("CROSS JOIN", None) } else { ("LEFT JOIN", Some(on)) };
            let join = Join { kind, from: From::Step(join), on };
            self.users.join(level, std::mem::take(&mut before), join, columns, brings.clone());
        }
        for (id, _, parts) in answers {
            self.about = self.caption(id).name;
            let column = |part: Part| match part.own {
                Some(own) => Some(Sql::Column(None, own)),
                None => part.pieces.into_iter().next(),
            };
            let parts: Vec<Sql> = parts.into_iter().filter_map(column).collect();
            self.at = level + 1;
            self.finish(id, parts);
        }
    }

    /// What users have of an answer, once its columns are joined.
    fn finish(&mut self, id: AggregateId, parts: Vec<Sql>) {
        let aggregate = self.rulebook.aggregate(id).clone();
        let first = || parts.first().cloned().unwrap_or(Sql::NULL);
        let held = match &aggregate.function {
            AggregateFunction::Funnel(..) => {
                let moment = parts.get(1).cloned().unwrap_or(Sql::NULL);
                self.reached.insert(id, Bound { held: Held::One(moment), level: self.at });
                Held::One(first())
            }
            _ if aggregate.ty == Type::Duration => {
                let mut parts = parts.into_iter();
                let mut next = || parts.next().unwrap_or(Sql::NULL);
                Held::Length(Length { months: next(), days: next(), micros: next() })
            }
            _ => Held::One(first()),
        };
        self.aggregates.insert(id, Bound { held, level: self.at });
    }

    /// One more question.
    pub(crate) fn gather(&mut self, id: AggregateId, clause: Clause, together: &mut Together) {
        let aggregate = self.rulebook.aggregate(id).clone();
        let caption = self.caption(id);
        let Caption { name, comment, shared: (about, what), .. } = caption.clone();
        let is_quantile = matches!(aggregate.function, AggregateFunction::Quantile(_));
        let declares = Some(&caption).filter(|it| it.is_declared() && !is_quantile);
        self.about.clone_from(&name);
        let level = clause.level;
        if self.picks_what_happened(&aggregate.function, &clause) {
            together.happened.insert(id);
        }
        match self.ask(id, &aggregate, clause, together, &name) {
            Answer::Here(parts) => {
                together.level = together.level.max(level).max(self.at);
                let mut columns = vec![];
                let of_length = parts.iter().filter(|it| !it.pieces.iter().all(Sql::is_literal)).count() > 1;
                for (part, ending) in parts.into_iter().zip(["_months", "_days", "_micros"]) {
                    let (whole, name) = (&name, if of_length { format!("{name}{ending}") } else { name.clone() });
                    let (mut pieces, nouns) = (vec![], part.nouns());
                    let mut own = nouns.first().is_some_and(|it| !it.is_empty()).then(|| self.names.of(&name));
                    for (sql, at) in part.pieces.into_iter().zip(0..) {
                        if sql.is_literal() {
                            pieces.push(sql);
                            continue;
                        }
                        // The same question is asked once.
                        let known = together.items.iter().find(|it| it.sql == sql).and_then(|it| it.alias.clone());
                        match known.filter(|_| aggregate.ty != Type::Duration || at > 0) {
                            Some(known) => {
                                let known = together.shared(known, id, declares, &mut self.names);
                                // A piece of something else is not called after this.
                                if nouns.is_empty() && own.is_none() && together.pieces.contains(&known) {
                                    own = Some(self.names.of(&name));
                                }
                                pieces.push(Sql::column(&known));
                            }
                            None => {
                                let noun = match nouns.get(at) {
                                    Some(noun) => noun,
                                    None if is_quantile => &"_values",
                                    None => &"",
                                };
                                let of = if *noun == "_with_months" { whole } else { &name };
                                let name = self.names.of(&format!("{of}{noun}"));
                                let comment = Some(comment.clone()).filter(|_| pieces.is_empty());
                                if !nouns.is_empty() {
                                    together.pieces.insert(name.clone());
                                }
                                let neutral = match *noun {
                                    "" | "_tied" => format!("{about}_{what}{noun}"),
                                    noun => format!("{about}{noun}"),
                                };
                                if !noun.is_empty() || !caption.is_declared() {
                                    together.helpers.insert(name.clone(), (id, neutral));
                                }
                                together.items.push(Item { comment, ..Item::named(sql, &name) });
                                pieces.push(Sql::column(&name));
                            }
                        }
                    }
                    columns.push(Part { pieces, own, ..part });
                }
                together.answers.push((id, together.name.clone(), columns));
            }
            Answer::Apart(steps, columns) => {
                let steps = self.shared_values(steps, together);
                together.apart_level = together.apart_level.max(self.at);
                let step = steps.last().map_or_else(String::new, |it| it.name.clone());
                together.apart.push((step.clone(), steps));
                together.answers.push((id, step, columns));
            }
        }
    }

    fn ask(
        &mut self,
        id: AggregateId,
        aggregate: &Aggregate,
        clause: Clause,
        together: &Together,
        name: &str,
    ) -> Answer {
        self.at = clause.level;
        self.place_now = aggregate.span;
        let here = |sql: Sql, empty: Empty| Answer::Here(vec![Part::of(sql, empty)]);
        let zero = || Empty::Counted(Sql::int(0));
        let element = clause.element.clone();
        if matches!(element.as_ref().map(|it| &it.ty), Some(Type::List(_))) && !self.dialect.picks_lists() {
            self.cannot(aggregate.span, "a question about lists of many rows is not written", ELSEWHERE);
            return here(Sql::NULL, Empty::Missing);
        }
        let value = element.as_ref().and_then(|it| it.parts.first()).cloned();
        match (&aggregate.function, element) {
            (AggregateFunction::Count, None) => here(Sql::aggregate("count", None, clause.rows), zero()),
            (AggregateFunction::Count, Some(element)) if element.ty != Type::Duration => {
                let value = value.filter(|it| !self.is_never_missing(it));
                here(Sql::aggregate("count", value, clause.rows), zero())
            }
            (AggregateFunction::Count, Some(_)) => here(Sql::aggregate("count", None, clause.known), zero()),
            (AggregateFunction::CountDistinct, Some(element)) => {
                // What is missing is not counted in any case.
                let is_one = element.group.len() == 1 && element.parts.len() == 1;
                let group = match element.group.len() {
                    1 => element.group,
                    _ => vec![self.dialect.row(element.group)],
                };
                let filter = if is_one { clause.rows } else { clause.known };
                // The different values of a user's rows are few.
                let set = group.first().filter(|_| is_one && self.rows.is_some());
                let set = set.and_then(|it| self.dialect.count_of_set(it, &element.ty, filter.as_ref()));
                let count = set.unwrap_or_else(|| {
                    let (function, order) = ("count", vec![]);
                    let distinct = SqlAggregate { function, distinct: true, arguments: group, order, filter };
                    Sql::Aggregate(Box::new(distinct))
                });
                here(count, zero())
            }
            (AggregateFunction::Any, element) => {
                let holds = element.and(value).unwrap_or(Sql::bool(true));
                let any = match (&clause.rows, holds.is_literal()) {
                    (Some(rows), true) => self.dialect.any(rows.clone(), None),
                    (None, true) => self.dialect.any(Sql::bool(true), None),
                    (rows, false) => self.dialect.any(holds, rows.clone()),
                };
                // Of children, those without any are met behind the join.
                let any = if self.rows.is_some() { any } else { Sql::call("coalesce", [any, Sql::bool(false)]) };
                here(any, Empty::Counted(Sql::bool(false)))
            }
            (AggregateFunction::Sum, Some(element)) if element.ty == Type::Duration => {
                let sums = self.length_sum_of(&clause, &element.parts, element.months.as_ref());
                Answer::Here(sums)
            }
            (AggregateFunction::Average, Some(element)) if element.ty == Type::Duration => {
                Answer::Here(self.length_mean_of(&clause, &element.order, element.months.as_ref()))
            }
            (AggregateFunction::Sum, Some(element)) => {
                let value = value.unwrap_or(Sql::NULL);
                Answer::Here(vec![self.sum_of(&clause, &value, &element.ty, aggregate.span)])
            }
            (AggregateFunction::Average, Some(element)) => {
                let value = value.unwrap_or(Sql::NULL);
                Answer::Here(vec![self.mean_of(&clause, &value, &element.ty, aggregate.span)])
            }
            (AggregateFunction::Least | AggregateFunction::Greatest, Some(element)) => {
                self.extreme(&clause, &element, matches!(aggregate.function, AggregateFunction::Least))
            }
            (AggregateFunction::First | AggregateFunction::Last, Some(element)) => {
                let sense =
                    if matches!(aggregate.function, AggregateFunction::First) { Sense::RISING } else { Sense::FALLING };
                self.end(&clause, &element, sense, aggregate.span)
            }
            (AggregateFunction::Most, Some(element)) => {
                let by = aggregate.by.as_ref();
                let weight = by.map(|by| self.element(by, None));
                self.most(&clause, &element, weight.as_ref(), together, name, aggregate.span)
            }
            (AggregateFunction::Distinct, Some(element)) => {
                self.distinct(&clause, &element, together, name, aggregate.span)
            }
            (AggregateFunction::Quantile(share), Some(_)) => {
                let value = value.unwrap_or(Sql::NULL);
                let sorted = match self.share(share, aggregate.span) {
                    Some(_) => self.list_by(value.clone(), vec![(value, Sense::RISING)], clause.known),
                    None => self.literal(&Value::Missing, &Type::Float),
                };
                here(sorted, Empty::Missing)
            }
            (AggregateFunction::Funnel(steps, by), _) => {
                self.funnel(id, aggregate, steps, *by, &clause, &together.keys)
            }
            _ => here(self.cannot(aggregate.span, "this question is not written", ELSEWHERE), Empty::Missing),
        }
    }
}

impl Together {
    pub(crate) fn new(name: String, brings: Brings, keys: Vec<Key>) -> Together {
        Together {
            name,
            brings,
            keys,
            items: vec![],
            pieces: HashSet::new(),
            helpers: HashMap::new(),
            level: 0,
            apart_level: 0,
            apart: vec![],
            happened: HashSet::new(),
            answers: vec![],
        }
    }

    /// What a column is called that somebody else asks for, too: what that declares, or a name after nobody who asks.
    fn shared(&mut self, known: String, id: AggregateId, whole: Option<&Caption>, names: &mut Names<'_>) -> String {
        let Some((_, neutral)) = self.helpers.get(&known).filter(|(first, _)| *first != id) else { return known };
        let whole = whole.filter(|_| !self.pieces.contains(&known));
        let name = names.of(whole.map_or(neutral, |it| &it.name));
        self.helpers.remove(&known);
        for item in self.items.iter_mut().filter(|it| it.alias.as_ref() == Some(&known)) {
            item.alias = Some(name.clone());
            match (&mut item.comment, whole) {
                (Some(comment), Some(whole)) => comment.clone_from(&whole.comment),
                (Some(comment), None) => comment.push_str(" and others"),
                (None, _) => {}
            }
        }
        if self.pieces.remove(&known) {
            self.pieces.insert(name.clone());
        }
        let pieces = self.answers.iter_mut().flat_map(|(.., parts)| parts).flat_map(|it| &mut it.pieces);
        pieces.filter(|it| **it == Sql::column(&known)).for_each(|it| *it = Sql::column(&name));
        name
    }

    /// Steps of questions that have their own.
    pub(crate) fn apart_steps(&self) -> impl Iterator<Item = &Step> {
        self.apart.iter().flat_map(|(_, steps)| steps)
    }

    pub(crate) fn apart_steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        self.apart.iter_mut().flat_map(|(_, steps)| steps)
    }

    /// The level that all of it can be read from.
    pub(crate) fn level(&self) -> usize {
        self.level
    }

    /// The level behind which all its steps can stand.
    pub(crate) fn last_level(&self) -> usize {
        self.level.max(self.apart_level)
    }

    /// Whether nothing was asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// Whether an answer hangs on the order of rows of the same moment.
pub(crate) fn is_ordered(aggregate: &Aggregate) -> bool {
    use AggregateFunction::{Distinct, First, Funnel, Greatest, Last, Least, Most};
    match &aggregate.function {
        First | Last | Most | Distinct | Funnel(..) => true,
        Least | Greatest => aggregate.ty == Type::Duration,
        _ => false,
    }
}
