//! What a rulebook means: ids instead of names, a type on every node, specific operators, units resolved.
//!
//! Made by `check`, and by nothing else; whoever holds a [`Rulebook`] need look up no name and expect no mistake.
//! Time is still relative here (`40d ago`): an evaluation brings the clock.

mod action;
mod aggregate;
mod expr;
mod metrics;
mod of_results;
mod reads;
mod stages;
mod testing;
mod time;

pub use action::*;
pub use aggregate::*;
pub use expr::*;
pub use metrics::Metric;
pub use of_results::{Lack, Lacking};
pub use reads::Reads;
pub use stages::Stages;
pub use testing::*;

use crate::{
    intern::Symbol,
    schema::Schema,
    source::Span,
    value::{ChoiceId, Type, Value, Zone},
};

/// Which definition; an index into [`Rulebook::definitions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefinitionId(pub u32);

/// Which parameter; an index into [`Rulebook::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(pub u32);

/// Which uploaded list; an index into [`Rulebook::lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListId(pub u32);

/// A checked rulebook.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// `rulebook "shop"`; empty where not said.
    pub name: String,
    /// The zone's name; `UTC` where not said.
    pub zone: String,
    /// What data there is.
    pub schema: Schema,
    /// `param …`, in order of declaration.
    pub params: Vec<Param>,
    /// `list …`, in order of declaration.
    pub lists: Vec<List>,
    /// The values of levels, layers and funnels.
    pub choices: Vec<Choices>,
    /// `let`, `tag`, `score`, `level`, `layer`, `funnel`, `segment`, in order of declaration.
    pub definitions: Vec<Definition>,
    /// Questions over children and over everybody, in the order in which they are written.
    pub aggregates: Vec<Aggregate>,
    /// Every definition once, each after those it reads: the order to evaluate in.
    pub order: Vec<DefinitionId>,
    /// What is done about its segments.
    pub actions: Actions,
    /// Its tests and snapshots.
    pub tests: Tests,
}

impl Rulebook {
    /// The zone that its days and hours are of. A checked rulebook names one that there is; UTC stands for another.
    pub fn zone(&self) -> Zone {
        Zone::parse(&self.zone).unwrap_or_else(|_| Zone::utc())
    }

    /// The definition of an id.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        self.definitions.get(id.0 as usize).expect("a definition id comes from the rulebook that is asked")
    }

    /// The definition of this name.
    pub fn find(&self, name: &str) -> Option<DefinitionId> {
        let at = self.definitions.iter().position(|definition| definition.name.as_str() == name)?;
        Some(DefinitionId(at as u32))
    }

    /// A value as it is shown: those of levels, layers and funnels by their names, as texts.
    pub fn shown(&self, value: &Value, ty: &Type) -> Value {
        match (value, ty) {
            (Value::Choice(rank), Type::Choice(id)) => {
                let named = self.choices(*id).values.get(*rank as usize);
                named.map_or(Value::Missing, |named| Value::Text(named.name.shared()))
            }
            (Value::List(values), Type::List(element)) => {
                Value::List(values.iter().map(|value| self.shown(value, element)).collect())
            }
            (value, _) => value.clone(),
        }
    }

    /// The values of a level, layer or funnel.
    pub fn choices(&self, id: ChoiceId) -> &Choices {
        self.choices.get(id.0 as usize).expect("a choice id comes from the rulebook that is asked")
    }
}

/// `param churn_after = 30d`
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Symbol,
    /// `"流失期限"`
    pub label: Option<String>,
    /// Its type, which an override keeps.
    pub ty: Type,
    /// Its value: the rulebook's, or the override's.
    pub value: Value,
    /// Where its name is declared.
    pub span: Span,
}

/// `list blocked from "blocked.csv" column user_id`
#[derive(Clone, Debug)]
pub struct List {
    /// Its name.
    pub name: Symbol,
    /// `"黑名单"`
    pub label: Option<String>,
    /// The file, relative to the rulebook's folder.
    pub from: String,
    /// The column; the first where not said.
    pub column: Option<String>,
    /// Where its name is declared.
    pub span: Span,
}

/// The values of a level, layer or funnel, by rank: [`Value::Choice`]`(0)` is the first here.
/// Of a level that is the lowest arm, of a layer or funnel the first written.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The level, layer or funnel they belong to.
    pub of: DefinitionId,
    /// Whether they compare by rank.
    pub ordered: bool,
    /// The values.
    pub values: Vec<ChoiceValue>,
}

/// `gold "金海会员"`
#[derive(Clone, Debug)]
pub struct ChoiceValue {
    /// Its bare name.
    pub name: Symbol,
    /// `"金海会员"`
    pub label: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// A named thing that every user has a value of.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name.
    pub name: Symbol,
    /// `"重要客户"`
    pub label: Option<String>,
    /// The `##` comments above it.
    pub description: Option<String>,
    /// What it is.
    pub body: Body,
    /// The type of its value.
    pub ty: Type,
    /// The questions over many rows that stand in it.
    pub aggregates: Vec<AggregateId>,
    /// Where its name is declared.
    pub span: Span,
}

/// What a definition is.
#[derive(Clone, Debug)]
pub enum Body {
    /// `let spend = …`. A boolean one may be unknown.
    Let(Expr),
    /// `tag vip when …`. Read by another rule it is true or false, never unknown.
    Tag(Expr),
    /// `score heat from 50 { … } clamp 0..100`
    Score(Box<Score>),
    /// `level membership by points { … }`
    Level(Ladder),
    /// `layer rfm { … }`
    Layer(Ladder),
    /// `funnel path on events { … }`: the aggregate answers the furthest step.
    Funnel(ChoiceId, AggregateId),
    /// `segment win_back when …`. Read by another rule it is true or false, never unknown.
    Segment(Expr),
}

impl Body {
    /// `let`, `tag`, … as it is declared.
    pub fn word(&self) -> &'static str {
        match self {
            Body::Let(_) => "let",
            Body::Tag(_) => "tag",
            Body::Score(_) => "score",
            Body::Level(_) => "level",
            Body::Layer(_) => "layer",
            Body::Funnel(..) => "funnel",
            Body::Segment(_) => "segment",
        }
    }
}

/// The sum of the points of all arms that apply. Missing where the points of an arm that applies are missing, or the
/// sum is out of range.
#[derive(Clone, Debug)]
pub struct Score {
    /// `from 50`; 0 where not said. Of the score's type, like all points.
    pub base: Expr,
    /// What adds and what takes away.
    pub arms: Vec<ScoreArm>,
    /// `clamp 0..100`: the sum is brought into it.
    pub clamp: Option<(Expr, Expr)>,
}

/// `minus 20 when lapsed`
#[derive(Clone, Debug)]
pub struct ScoreArm {
    /// Whether the points are taken away.
    pub minus: bool,
    /// How many.
    pub points: Expr,
    /// For whom.
    pub condition: Expr,
    /// All of it.
    pub span: Span,
}

/// The arms of a level or layer, in the order written; the first that applies gives the value.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// Its values.
    pub choices: ChoiceId,
    /// `by points`, of a level.
    pub by: Option<Expr>,
    /// `exclusive`, of a layer: two arms that both apply are an error.
    pub exclusive: bool,
    /// In the order written.
    pub arms: Vec<Arm>,
}

/// `gold from 5000 keep 1y`
#[derive(Clone, Debug)]
pub struct Arm {
    /// The value it gives: a [`Value::Choice`].
    pub rank: u32,
    /// When it applies.
    pub choice: Choice,
    /// All of it.
    pub span: Span,
}

/// When an arm applies.
#[derive(Clone, Debug)]
pub enum Choice {
    /// `from 5000`: `condition` is the comparison `by >= threshold`, written out.
    From {
        /// A constant or parameter.
        threshold: Expr,
        /// `by >= threshold`
        condition: Expr,
        /// `keep 4000`, `keep 1y`; without state it has no effect.
        keep: Vec<Expr>,
    },
    /// `when COND`
    When(Expr),
    /// `otherwise`: everybody else, also those for whom an arm above was unknown.
    Otherwise,
}
