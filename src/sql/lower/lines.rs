//! Ranks where a window over everybody is the work of one task. How many users have each value is counted first; of the counts, which are
//! few, comes the value at which a rank begins, and users are asked whether theirs is that far: `spend >= top10_from`.

use crate::{
    ir::{AggregateFunction, RankAmount},
    sql::{
        ast::{From, Item, Join, Over, Select, Sense, Sql, Star, Step, Word},
        layers::Brings,
        lower::{Bound, Held, Lowering, answers::Key, rank::Ranked},
    },
    value::{Type, Value, number},
};

/// Of how many tiles each has a line of its own.
const TILES: i64 = 100;

/// The steps that tell where ranks begin.
struct Counts {
    /// Whose values are counted, and by what they are grouped.
    relation: String,
    keys: Vec<Key>,
    values: Vec<String>,
    /// What their columns are called: how many have the value, have no more, are ranked.
    users: String,
    up_to: String,
    all: String,
    /// The lines.
    items: Vec<Item>,
}

impl Lowering<'_> {
    /// Ranks that are told by the lines at which they begin, those of the same groups together; and those that have none.
    pub(crate) fn by_lines(&mut self, ranks: Vec<Ranked>) -> (Vec<Vec<Ranked>>, Vec<Ranked>) {
        let mut groups: Vec<Vec<Ranked>> = vec![];
        let mut others = vec![];
        for mut ranked in ranks {
            if !self.has_lines(&ranked) {
                others.push(ranked);
                continue;
            }
            // All are in one tile: there is no line.
            if let AggregateFunction::Ntile(parts) = &ranked.aggregate.function
                && self.constant(parts) == Some(Value::Int(1))
            {
                self.at = ranked.level;
                self.about = self.caption(ranked.id).name;
                let tile = vec![(ranked.is_ranked.clone(), Sql::int(1))];
                self.answer_rank(ranked, tile);
                continue;
            }
            if ranked.filter.is_some() {
                // Only values of those who are ranked are counted.
                self.at = ranked.level;
                self.about = self.caption(ranked.id).name;
                let value = Sql::when(ranked.is_ranked.clone(), ranked.value);
                ranked.value = self.keep_as(value, "value");
                ranked.level = self.at;
            }
            match groups.iter_mut().find(|group| group.iter().any(|it| it.keys == ranked.keys)) {
                Some(group) => group.push(ranked),
                None => groups.push(vec![ranked]),
            }
        }
        (groups, others)
    }

    /// Whether the rank of a value is told by lines: somebody is among the top, and the tiles are not too many.
    pub(crate) fn has_lines(&self, ranked: &Ranked) -> bool {
        let is_column = matches!(ranked.value, Sql::Column(..));
        is_column
            && match &ranked.aggregate.function {
                AggregateFunction::Top(amount) | AggregateFunction::Bottom(amount) => match amount {
                    RankAmount::Number(number) => matches!(self.constant(number), Some(Value::Int(1..))),
                    RankAmount::Share(share) => {
                        self.constant(share).and_then(|it| number::to_f64(&it)).is_some_and(|it| it > 0.0)
                    }
                },
                AggregateFunction::Ntile(parts) => matches!(self.constant(parts), Some(Value::Int(1..=TILES))),
                _ => false,
            }
    }

    /// Ranks of the same groups, whose lines are joined to the users of a level.
    pub(crate) fn lines_of(&mut self, group: Vec<Ranked>, join_at: usize) {
        let root = self.rulebook.schema.root().name.to_string();
        let level = group.iter().map(|it| it.level).max().unwrap_or(0);
        let of: &[Sql] = group.first().map_or(&[], |it| &it.keys);
        let keys: Vec<Key> = of
            .iter()
            .filter_map(|own| match own {
                Sql::Column(_, from) => {
                    let name = self.names.one_of(&[&format!("{from}_group"), &format!("{from}_of_line")]);
                    Some(Key { from: from.clone(), name, own: own.clone() })
                }
                _ => None,
            })
            .collect();
        let per: Vec<&str> = keys.iter().map(|it| it.from.as_str()).collect();
        let per = if per.is_empty() { String::new() } else { format!("per_{}", per.join("_")) };
        let mut values: Vec<String> = vec![];
        for ranked in &group {
            if let Sql::Column(_, name) = &ranked.value
                && !values.contains(name)
            {
                values.push(name.clone());
            }
        }
        let name = |this: &mut Self, what: &str| {
            let name = format!("{root}_{what}_{per}");
            this.names.of(name.trim_end_matches('_'))
        };
        let [users, up_to, all] = ["with_value", "up_to_value", "ranked"].map(|it| name(self, it));
        let relation = self.users.relation(level).to_owned();
        let mut counts = Counts { relation, keys, values, users, up_to, all, items: vec![] };
        let answers: Vec<(Ranked, Vec<(Sql, Sql)>)> = group
            .into_iter()
            .map(|ranked| {
                let arms = self.arms(&ranked, &mut counts);
                (ranked, arms)
            })
            .collect();
        let [each, places, lines] = ["values", "places", "lines"].map(|it| name(self, it));
        let users = self.users.relation(join_at).to_owned();
        let on = counts.keys.iter().map(|key| {
            let own = if let Sql::Column(_, name) = &key.own { Sql::of(&users, name) } else { key.own.clone() };
            Sql::binary(Sql::of(&lines, &key.name), "=", own)
        });
        let on = Some(Sql::all(on)).filter(|it| !it.is_literal());
        let kind = if on.is_some() { "LEFT JOIN" } else { "CROSS JOIN" };
        let names = counts.items.iter().filter_map(|it| it.alias.as_deref());
        let brought = names.map(|it| Item::named(Sql::of(&lines, it), it)).collect();
        let join = Join { kind, from: From::Step(lines.clone()), on };
        let steps = counts.steps(self, each, places, lines);
        let level = self.users.join(join_at, steps, join, brought, Brings::Lines(per));
        for (ranked, arms) in answers {
            self.at = level;
            self.about = self.caption(ranked.id).name;
            let id = ranked.id;
            // There is a line wherever somebody is ranked, and nobody else is told apart from those who are left out.
            let is_known = ranked.aggregate.ty == Type::Bool && ranked.filter.as_ref() == Some(&ranked.is_ranked);
            self.answer_rank(ranked, arms);
            if let Some(Bound { held: Held::One(Sql::Column(_, name)), .. }) = self.aggregates.get(&id)
                && is_known
            {
                self.always_known.insert(name.clone());
            }
        }
    }

    /// What a rank is where, told by lines.
    fn arms(&mut self, ranked: &Ranked, counts: &mut Counts) -> Vec<(Sql, Sql)> {
        let about = self.caption(ranked.id);
        let [users, up_to, all] = [&counts.users, &counts.up_to, &counts.all].map(|it| Sql::column(it));
        let more = Sql::binary(all.clone(), "-", up_to.clone());
        let less = Sql::binary(up_to, "-", users);
        let mut line = |this: &mut Self, end: &'static str, number: Option<i64>, holds: Sql| {
            let line = Sql::aggregate(end, Some(ranked.value.clone()), Some(holds));
            let known = counts.items.iter().find(|it| it.sql == line).and_then(|it| it.alias.clone());
            let name = known.unwrap_or_else(|| {
                let ending = number.map_or_else(String::new, |it| format!("_{it}"));
                let word = if end == "min" { "from" } else { "up_to" };
                let name = this.names.of(&format!("{}_{word}{ending}", about.name));
                let comment = Some(about.comment.clone()).filter(|_| number.is_none_or(|it| it == 2));
                counts.items.push(Item { comment, ..Item::named(line, &name) });
                name
            });
            Sql::column(&name)
        };
        // Without a condition, whoever is not ranked lacks the value, or the line.
        let whole = |comparison: Sql| {
            let ranked = if ranked.filter.is_some() { ranked.is_ranked.clone() } else { Sql::bool(true) };
            vec![(ranked, comparison)]
        };
        match &ranked.aggregate.function {
            AggregateFunction::Top(amount) => {
                let holds = self.is_ahead(amount, more, all);
                let from = line(self, "min", None, holds);
                whole(Sql::binary(ranked.value.clone(), ">=", from))
            }
            AggregateFunction::Bottom(amount) => {
                let holds = self.is_ahead(amount, less, all);
                let up_to = line(self, "max", None, holds);
                whole(Sql::binary(ranked.value.clone(), "<=", up_to))
            }
            AggregateFunction::Ntile(parts) => {
                let parts = if let Some(Value::Int(parts)) = self.constant(parts) { parts } else { 1 };
                let below = Sql::binary(less, "*", Sql::int(parts));
                let tiles: Vec<(Sql, Sql)> = (1..parts)
                    .map(|before| {
                        let part =
                            if before == 1 { all.clone() } else { Sql::binary(Sql::int(before), "*", all.clone()) };
                        let holds = Sql::binary(below.clone(), ">=", part);
                        let from = line(self, "min", Some(before + 1), holds);
                        (Sql::binary(ranked.value.clone(), ">=", from), Sql::int(before + 1))
                    })
                    .collect();
                tiles.into_iter().rev().chain([(ranked.is_ranked.clone(), Sql::int(1))]).collect()
            }
            _ => vec![],
        }
    }
}

impl Counts {
    /// Each value and how many have it, what that comes to in order, and the lines.
    fn steps(self, lowering: &mut Lowering<'_>, each: String, places: String, lines: String) -> Vec<Step> {
        let column = |it: &String| Sql::column(it);
        let values: Vec<Sql> = self.values.iter().map(column).collect();
        let known = |lowering: &Lowering<'_>, of: &[Sql]| {
            let all = of.iter().map(|it| lowering.known(it.clone()));
            all.filter(|it| *it != Sql::bool(true)).collect::<Vec<_>>()
        };
        let froms: Vec<Sql> = self.keys.iter().map(|it| Sql::column(&it.from)).collect();
        let names: Vec<Sql> = self.keys.iter().map(|it| Sql::column(&it.name)).collect();

        let mut counted = Select::from(From::Step(self.relation));
        counted.items = self.keys.iter().map(Key::item).chain(values.iter().cloned().map(Item::plain)).collect();
        counted.filter = known(lowering, &froms);
        let mut placed = Select::from(From::Step(each.clone()));
        placed.star = Star::All;
        let mut partition = names.clone();
        if let [value] = values.as_slice() {
            counted.filter.extend(known(lowering, std::slice::from_ref(value)));
            counted.group = froms.into_iter().chain([value.clone()]).collect();
        } else {
            let which = lowering.names.of("which_value");
            partition.push(Sql::column(&which));
            counted.items.push(Item::named(Sql::call("grouping_id", []), &which));
            let set = |value: &Sql| {
                let columns = froms.iter().chain([value]).cloned().collect();
                Sql::words([Word::Text("("), Word::List(columns), Word::Text(")")])
            };
            let sets = Word::List(values.iter().map(set).collect());
            counted.group = vec![Sql::words([Word::Text("GROUPING SETS ("), sets, Word::Text(")")])];
            // Of the values that a row is not about there is none.
            placed.filter = vec![Sql::any(values.iter().map(|it| it.clone().known()))];
        }
        counted.items.push(Item::named(Sql::aggregate("count", None, None), &self.users));
        let sum = |order: Vec<(Sql, Sense)>| {
            let function = Sql::aggregate("sum", Some(Sql::column(&self.users)), None);
            Sql::Over(Box::new(Over { function, partition: partition.clone(), order, before: false }))
        };
        let order = values.iter().map(|it| (it.clone(), Sense { known: true, ..Sense::RISING })).collect();
        placed.items = vec![Item::named(sum(order), &self.up_to), Item::named(sum(vec![]), &self.all)];
        let mut ended = Select::from(From::Step(places.clone()));
        ended.items = names.iter().cloned().map(Item::plain).chain(self.items).collect();
        ended.group = names;
        let step =
            |name: String, comment: &str, select: Select| Step { name, comment: vec![comment.to_owned()], select };
        vec![
            step(each, "how many users have each of the values that ranks go by", counted),
            step(places, "how many have no more, and how many there are", placed),
            step(lines, "at which values ranks begin", ended),
        ]
    }
}
