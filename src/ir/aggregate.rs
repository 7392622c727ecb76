//! Questions over many rows: a user's children, or everybody (LANGUAGE.md §4.2, §4.3), and funnels, which are asked of
//! children too.

use std::collections::BTreeSet;

use crate::{
    ir::{DefinitionId, Expr, ExprKind, Rulebook},
    schema::{ColumnId, TableId},
    source::Span,
    value::Type,
};

/// Which question over many rows; an index into [`Rulebook::aggregates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AggregateId(pub u32);

/// One source clause and what is asked of the rows that it lets through.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// What is asked.
    pub function: AggregateFunction,
    /// Whose rows.
    pub over: Over,
    /// The elements; none where the rows themselves are asked about (`count(orders)`). A row whose element is missing is
    /// passed over.
    pub source: Option<Expr>,
    /// `by orders.amount`, of [`AggregateFunction::Most`].
    pub by: Option<Expr>,
    /// `within 90d`: a condition on the table's `at`.
    pub window: Option<Expr>,
    /// `where paid`
    pub filter: Option<Expr>,
    /// `per city`, `per [city, channel]`: only users whose values equal this user's.
    pub per: Vec<Expr>,
    /// The type of the answer.
    pub ty: Type,
    /// All of it.
    pub span: Span,
}

/// Whose rows an aggregate looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Over {
    /// This user's rows of a child table. In the clause [`ExprKind::ChildColumn`] is the row's, all else the user's.
    Children(TableId),
    /// Everybody. The clause is asked of each user in turn, as if it stood alone.
    Users,
}

/// What is asked of the rows of a clause.
#[derive(Clone, Debug)]
pub enum AggregateFunction {
    /// `count(orders)`, `count(orders.amount)`
    Count,
    /// `count(distinct(orders.category))`
    CountDistinct,
    /// `any(orders where paid)`: whether there is one; of conditions, whether one is true
    Any,
    /// `sum(orders.amount)`
    Sum,
    /// `avg(orders.amount)`
    Average,
    /// `min(orders.amount)`
    Least,
    /// `max(orders.amount)`
    Greatest,
    /// `first(orders.category)`: by `at`, then input order
    First,
    /// `last(orders.category)`
    Last,
    /// `most(orders.category)`
    Most,
    /// `distinct(orders.category)`
    Distinct,
    /// `quantile(orders.amount, 90%)`; the share is a constant or parameter.
    Quantile(Expr),
    /// `top 20% by spend`
    Top(RankAmount),
    /// `bottom 100 by spend`
    Bottom(RankAmount),
    /// `ntile(spend, 5)`; the number is a constant or parameter.
    Ntile(Expr),
    /// A funnel's steps. Its answer is the furthest, a [`crate::value::Value::Choice`].
    Funnel(Vec<FunnelStep>, Option<ColumnId>),
}

/// How many are at the top.
#[derive(Clone, Debug)]
pub enum RankAmount {
    /// `top 20%`: a decimal constant or parameter.
    Share(Expr),
    /// `top 100`: an int constant or parameter.
    Number(Expr),
}

/// Steps that a funnel may have.
pub const FUNNEL_STEPS: usize = 64;

/// `register within 1d when event = "register"`
#[derive(Clone, Debug)]
pub struct FunnelStep {
    /// No later than this after the event of the step before.
    pub within: Option<Expr>,
    /// Of an event.
    pub condition: Expr,
}

impl Rulebook {
    /// The aggregate of an id.
    pub fn aggregate(&self, id: AggregateId) -> &Aggregate {
        self.aggregates.get(id.0 as usize).expect("an aggregate id comes from the rulebook that is asked")
    }

    /// The first of these definitions, or of those that they build on, that asks about everybody.
    pub fn asks_about_everybody(&self, asked: impl IntoIterator<Item = DefinitionId>) -> Option<&Aggregate> {
        let reads = self.reads(asked);
        reads.aggregates.iter().map(|id| self.aggregate(*id)).find(|aggregate| aggregate.over == Over::Users)
    }
}

impl Aggregate {
    /// `top`, `bottom` or `ntile`.
    pub fn is_rank(&self) -> bool {
        use AggregateFunction::{Bottom, Ntile, Top};
        matches!(self.function, Top(_) | Bottom(_) | Ntile(_))
    }

    /// Each expression that stands in it: those asked of every row, and constants.
    pub fn each_expr<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        let clause = [&self.source, &self.by, &self.window, &self.filter];
        clause.into_iter().flatten().chain(&self.per).for_each(&mut *found);
        match &self.function {
            AggregateFunction::Quantile(amount)
            | AggregateFunction::Ntile(amount)
            | AggregateFunction::Top(RankAmount::Share(amount) | RankAmount::Number(amount))
            | AggregateFunction::Bottom(RankAmount::Share(amount) | RankAmount::Number(amount)) => found(amount),
            AggregateFunction::Funnel(steps, _) => {
                for step in steps {
                    step.within.iter().for_each(&mut *found);
                    found(&step.condition);
                }
            }
            AggregateFunction::Count
            | AggregateFunction::CountDistinct
            | AggregateFunction::Any
            | AggregateFunction::Sum
            | AggregateFunction::Average
            | AggregateFunction::Least
            | AggregateFunction::Greatest
            | AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Most
            | AggregateFunction::Distinct => {}
        }
    }

    /// The columns of the child table that its clause reads.
    pub fn child_columns(&self) -> BTreeSet<ColumnId> {
        let mut columns = BTreeSet::new();
        if let AggregateFunction::Funnel(_, Some(by)) = &self.function {
            columns.insert(*by);
        }
        self.each_expr(&mut |expr| {
            expr.each(&mut |node| {
                if let ExprKind::ChildColumn(column) = &node.kind {
                    columns.insert(*column);
                }
            });
        });
        columns
    }
}
