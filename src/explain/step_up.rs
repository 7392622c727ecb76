//! The next step up: into a tag, to a level's next arm, to more points of a score.

use std::cmp::Ordering;

use crate::{
    eval::Interpreter,
    explain::{
        Asked, Change,
        formula::{Builder, Formula},
        nearest::{Way, nearest},
        part::Part,
        person::{Person, Slot, Supposed},
        proposal::Step,
        table, tree,
        trial::Goal,
    },
    ir::{Body, DefinitionId, Expr, Ladder, Score},
    value::{Truth, Type, Value, number, print},
};

/// What would have to change, and what for.
#[derive(Debug, Default)]
pub(super) struct StepUp {
    /// What it leads to: a level's arm, points of a score; of a tag nothing but the tag.
    pub(super) towards: Option<String>,
    /// Of a score, how many points more.
    pub(super) more: Option<Value>,
    /// None where nothing need or nothing would do.
    pub(super) nearest: Option<Vec<Change>>,
    /// Whether the search ended before everything was tried.
    pub(super) gave_up: bool,
}

/// The next step up from what a user has.
pub(super) fn of<'a>(
    asked: &Asked<'a>,
    person: &Person<'a>,
    builder: &mut Builder<'a, '_>,
    id: DefinitionId,
    value: &Value,
) -> StepUp {
    let search = Search { asked, person, id };
    match &asked.rulebook.definition(id).body {
        Body::Tag(condition) | Body::Segment(condition) => search.condition(builder, condition, value),
        Body::Let(expr) if expr.ty == Type::Bool => search.condition(builder, expr, value),
        Body::Level(ladder) => search.level(builder, ladder, value),
        Body::Score(score) => search.score(builder, score, value),
        Body::Let(_) | Body::Layer(_) | Body::Funnel(..) => StepUp::default(),
    }
}

struct Search<'s, 'a> {
    asked: &'s Asked<'a>,
    person: &'s Person<'a>,
    id: DefinitionId,
}

impl<'a> Search<'_, 'a> {
    fn to(&self, goal: &Goal<'a>) -> Way<'a> {
        nearest(self.person, self.asked.context, goal)
    }

    fn told(&self, towards: Option<String>, way: Way<'a>) -> StepUp {
        match way {
            Way::Found(steps, _) => {
                let nearest = steps.iter().map(|step| change(self.asked, step)).collect();
                StepUp { towards, more: None, nearest: Some(nearest), gave_up: false }
            }
            Way::None => StepUp::default(),
            Way::TooMany => StepUp { gave_up: true, ..StepUp::default() },
        }
    }

    fn condition(&self, builder: &mut Builder<'a, '_>, condition: &'a Expr, value: &Value) -> StepUp {
        if Truth::of(value).is_true() {
            return StepUp::default();
        }
        let formula = builder.condition(condition);
        self.told(None, self.to(&Goal::condition(formula)))
    }

    fn level(&self, builder: &mut Builder<'a, '_>, ladder: &'a Ladder, value: &Value) -> StepUp {
        let above = match value {
            Value::Choice(rank) => rank + 1,
            _ => 0,
        };
        let names = &self.asked.rulebook.choices(ladder.choices).values;
        let mut gave_up = false;
        // Where there is no way to the next arm there may be one to those above it.
        for (rank, name) in (0..).zip(names).skip(above as usize) {
            let formula: Formula<'a> = builder.level(ladder, |it| it == rank);
            let found = self.told(Some(name.name.to_string()), self.to(&Goal::condition(formula)));
            if found.nearest.is_some() {
                return found;
            }
            gave_up |= found.gave_up;
        }
        StepUp { gave_up, ..StepUp::default() }
    }

    /// More points: an arm that adds some and does not apply, or one that takes some away and does; and so many more as the
    /// whole score comes to then, since several arms may turn with one value, and a clamp may cap them.
    fn score(&self, builder: &mut Builder<'a, '_>, score: &'a Score, value: &Value) -> StepUp {
        let context = self.asked.context;
        let part =
            Part { order: self.asked.rulebook.order_of(&self.asked.rulebook.reads([self.id])), aggregates: vec![] };
        let seen = self.person.see_part(context, &part, &Supposed::new());
        let known = seen.known();
        let interpreter = Interpreter::new(self.asked.rulebook, context);
        let row = interpreter.row(&known);
        let is_full = |(_, high): &(Expr, Expr)| {
            matches!(number::order(value, &row.value(high)), Some(Ordering::Equal | Ordering::Greater))
        };
        if *value == Value::Missing || score.clamp.as_ref().is_some_and(is_full) {
            return StepUp::default();
        }
        let mut wanted = vec![];
        for arm in &score.arms {
            let applies = row.truth(&arm.condition).is_true();
            let adds = match number::order(&row.value(&arm.points), &Value::Int(0)) {
                Some(Ordering::Greater) => !arm.minus,
                Some(Ordering::Less) => arm.minus,
                Some(Ordering::Equal) | None => continue,
            };
            if applies != adds {
                wanted.push((&arm.condition, adds));
            }
        }
        let mut beside = vec![];
        self.asked.rulebook.definition(self.id).body.each_expr(&mut |expr| beside.push(expr));
        let goal = Goal { formula: builder.any(&wanted), more: Some((self.id, value.clone())), beside };
        let way = self.to(&goal);
        let more = match &way {
            Way::Found(_, supposed) => {
                let then = self.person.see_part(context, &part, supposed);
                Some(number::subtract(then.answers.value(self.id), value))
            }
            Way::None | Way::TooMany => None,
        };
        let towards = more.as_ref().map(|more| format!("{} more", print::text(more, context.clock.zone())));
        StepUp { more, ..self.told(towards, way) }
    }
}

fn change(asked: &Asked<'_>, step: &Step<'_>) -> Change {
    let rulebook = asked.rulebook;
    let ty = table::type_of(rulebook, step.slot);
    let column = match step.slot {
        Slot::Column(id) => rulebook.schema.root().column(id).name.to_string(),
        Slot::Definition(id) => rulebook.definition(id).name.to_string(),
        Slot::Aggregate(id) => tree::one_line(asked.sources.slice(rulebook.aggregate(id).span)),
        Slot::Reached(id) => {
            let funnel = rulebook.definitions.iter().find(|it| matches!(it.body, Body::Funnel(_, of) if of == id));
            format!("reached({})", funnel.map(|it| it.name.to_string()).unwrap_or_default())
        }
    };
    Change {
        leaf: tree::text_of(asked.sources, step.leaf),
        column,
        is: rulebook.shown(&step.is, ty),
        to: rulebook.shown(&step.to, ty),
        ty: ty.clone(),
    }
}
