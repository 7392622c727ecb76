//! A case as it stands in a test: `given { … } expect …`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    guess::{Written, bare},
    made::{Made, Piece, Slot},
    search::Search,
};
use crate::{
    eval::Answers,
    ir::{Body, DefinitionId, ListId, Rulebook},
    schema::ColumnId,
    value::{Truth, Type, Value, Zone, moment_text::timestamp_text, print},
};

impl Search<'_> {
    /// What is expected of the rule.
    pub(super) fn expectation(&self, answers: &Answers) -> Option<String> {
        expectation(&self.ir, self.setup.id, answers, self.context.clock.zone())
    }

    pub(super) fn expected(&self, answers: &[Answers]) -> Option<Vec<String>> {
        answers.iter().map(|answers| self.expectation(answers)).collect()
    }

    /// `given { … } expect …`
    pub(super) fn case(&self, made: &[Made]) -> Option<String> {
        let answers = self.answers(&self.ir, made);
        let expected = self.expected(&answers)?;
        let mut text = String::new();
        for (at, made) in made.iter().enumerate() {
            let label = if self.setup.labels { format!("{} ", self.quoted(made, at)) } else { String::new() };
            text += &format!("  given {label}{{ {} }}\n", fields(&self.ir, made, None).join(", "));
        }
        let of = |(at, (made, it)): (usize, (&Made, String))| match self.setup.labels {
            true => format!("{}: {it}", self.quoted(made, at)),
            false => it,
        };
        let metrics = self.ir.metrics();
        let mut same = metrics.iter().filter(|it| it.definition == self.setup.id && it.per.is_empty());
        let expected: Vec<String> = match (same.next(), expected.first()) {
            // What is the same for everybody needs no label.
            (Some(_), Some(first)) if expected.iter().all(|it| it == first) => vec![first.clone()],
            _ => made.iter().zip(expected).enumerate().map(of).collect(),
        };
        text += &self.lists().unwrap_or_default();
        Some(text + &format!("    expect {}\n", expected.join(", ")))
    }

    /// `"u1"`
    fn quoted(&self, made: &Made, at: usize) -> String {
        print::quoted_text(&self.setup.label_of(made, at))
    }

    /// `with list heavy = ["u1"]`: so a case does not hang on what is uploaded.
    fn lists(&self) -> Option<String> {
        let list = |id: &ListId| {
            let name = bare(self.ir.lists.get(id.0 as usize)?.name.as_str());
            let texts = self.context.lists.get(id.0 as usize)?;
            let texts: BTreeSet<String> = texts.iter().map(|it| print::quoted_text(it)).collect();
            Some(format!("list {name} = [{}]", Vec::from_iter(texts).join(", ")))
        };
        let lists: Vec<String> = self.setup.reads.lists.iter().filter_map(list).collect();
        (!lists.is_empty()).then(|| format!("    with {}\n", lists.join(", ")))
    }

    pub(super) fn block(&self, name: &str, cases: &[String]) -> String {
        let clock = &self.context.clock;
        let now = timestamp_text(clock.now(), clock.zone());
        format!("test {} as of {now} {{\n{}}}\n", print::quoted_text(name), cases.concat())
    }
}

/// What is expected of a rule: `vip`, `not vip`, `spend = 500`; none of what cannot be written.
pub(super) fn expectation(ir: &Rulebook, id: DefinitionId, answers: &Answers, zone: &Zone) -> Option<String> {
    let definition = ir.definition(id);
    let name = bare(definition.name.as_str());
    let value = answers.value(id);
    let closed = matches!(definition.body, Body::Tag(_) | Body::Segment(_));
    if definition.ty == Type::Bool {
        return Some(match Truth::of(value) {
            Truth::True => name,
            Truth::False => format!("not {name}"),
            Truth::Unknown if closed => format!("not {name}"),
            Truth::Unknown => format!("{name} is missing"),
        });
    }
    match (value, &definition.ty) {
        (Value::Missing, _) => Some(format!("{name} is missing")),
        (Value::List(elements), _) if elements.is_empty() => Some(format!("count({name}) = 0")),
        (Value::Choice(rank), Type::Choice(id)) => {
            let named = ir.choices(*id).values.get(*rank as usize)?;
            Some(format!("{name} = {}", bare(named.name.as_str())))
        }
        (value, _) => {
            let written = print::written(value, zone);
            let is_plain = !matches!(value, Value::Float(_)) || !written.contains('e');
            is_plain.then(|| format!("{name} = {written}"))
        }
    }
}

/// The fields of a record as they are given; later in a diary only what is otherwise than `before`.
pub(super) fn fields(ir: &Rulebook, made: &Made, before: Option<&Made>) -> Vec<String> {
    let root = ir.schema.root();
    let mut fields = vec![];
    for (slot, piece) in made {
        if before.is_some_and(|before| before.get(slot).is_some_and(|it| it.is_same(piece))) {
            continue;
        }
        match (slot, piece) {
            (Slot::Column(_), Piece::One(written)) if before.is_none() && written.value == Value::Missing => {}
            (Slot::Column(id), Piece::One(written)) => {
                fields.push(format!("{}: {}", bare(root.column(*id).name.as_str()), written.text));
            }
            (Slot::Definition(id), Piece::One(written)) => {
                fields.push(format!("{}: {}", bare(ir.definition(*id).name.as_str()), written.text));
            }
            (Slot::Rows(id), Piece::Rows(rows)) if before.is_some() || !rows.is_empty() => {
                let table = ir.schema.table(*id);
                let row = |row: &BTreeMap<ColumnId, Written>| {
                    let known = row.iter().filter(|(_, written)| written.value != Value::Missing);
                    let field = |(id, it): (&ColumnId, &Written)| {
                        format!("{}: {}", bare(table.column(*id).name.as_str()), it.text)
                    };
                    format!("{{ {} }}", known.map(field).collect::<Vec<_>>().join(", "))
                };
                let rows: Vec<String> = rows.iter().map(row).collect();
                fields.push(format!("{}: [{}]", bare(table.name.as_str()), rows.join(", ")));
            }
            _ => {}
        }
    }
    fields
}
