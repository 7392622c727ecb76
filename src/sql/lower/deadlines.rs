//! Until when a step of a funnel may follow an event: for each `within` a column of the events, computed once for all steps, and by the
//! calendar only of events that may be the step before.

use crate::{
    ir::FunnelStep,
    sql::{
        ast::{Literal, Sql},
        lower::{Lowering, funnel::any_of, moments::last_moment},
    },
    value::{Duration, Type, Value},
};

impl Lowering<'_> {
    /// The deadlines that events set for each step of a funnel, since when they are asked about; none of a step without a limit.
    pub(crate) fn deadlines(
        &mut self,
        (steps, names): (&[FunnelStep], &[String]),
        met: &[Sql],
        (at, since): (Option<&Sql>, Option<&Sql>),
        funnel: &str,
    ) -> Vec<Option<Sql>> {
        let limits: Vec<Option<Duration>> = steps
            .iter()
            .map(|step| match self.constant(step.within.as_ref()?) {
                Some(Value::Duration(limit)) => Some(limit),
                _ => None,
            })
            .collect();
        let by_clock = self.moment_type() == Type::Timestamp && !self.clock().zone().is_utc();
        let each = steps.iter().zip(&limits).map(|(step, limit)| {
            let (limit, at) = (*limit.as_ref()?, at?);
            if is_exact(limit) || !by_clock {
                return self.deadline(step, limit, (at, since, 0), funnel);
            }
            let before = limits.iter().skip(1).zip(met).zip(names).filter(|((it, _), _)| **it == Some(limit));
            let (met, before): (Vec<Sql>, Vec<&str>) =
                before.map(|((_, meets), name)| (meets.clone(), name.as_str())).unzip();
            let name = format!("{}_at", if before.len() > FEW { funnel.to_owned() } else { before.join("_or_") });
            // Not `paid_at_2` beside a column `paid_at`.
            let name = if self.names.is_free(&name) { name } else { format!("{funnel}_{name}") };
            let of_step = Sql::when(any_of(&met), at.clone());
            let about = std::mem::replace(&mut self.about, funnel.to_owned());
            let (of_step, level) = self.measured(|this| this.column_of(of_step, &name, None));
            self.about = about;
            self.deadline(step, limit, (&of_step, since, level), funnel)
        });
        each.collect()
    }

    /// The deadline that an event sets for a step of a funnel: `cart_at_plus_1d`.
    fn deadline(
        &mut self,
        step: &FunnelStep,
        limit: Duration,
        (at, since, level): (&Sql, Option<&Sql>, usize),
        funnel: &str,
    ) -> Option<Sql> {
        let within = step.within.as_ref()?;
        let moment = if let Sql::Column(_, name) = at { name.as_str() } else { "moment" };
        let written = match self.sources.slice(within.span) {
            word if !word.is_empty() && word.chars().all(|it| it.is_alphanumeric() || it == '_') => word.to_owned(),
            _ => limit.to_string(),
        };
        let name = format!("{moment}_plus_{written}");
        let name = if self.names.is_free(&name) { name } else { format!("{funnel}_plus_{written}") };
        let about = std::mem::replace(&mut self.about, name.clone());
        self.place_now = within.span;
        let (deadline, _) = self.measured(|this| {
            this.at = level;
            let deadline = this.latest(at, since, limit);
            match this.stack().find(&deadline) {
                _ if deadline.is_short() => deadline,
                Some((known, level)) => {
                    this.at = this.at.max(level);
                    Sql::column(&known)
                }
                None => {
                    let clock = match this.clock().zone() {
                        zone if zone.is_utc() || this.moment_type() == Type::Date || is_exact(limit) => String::new(),
                        zone => format!(", by the clock of {}", zone.name()),
                    };
                    let told = format!("until when a step within {written} may follow{clock}");
                    this.column_of(deadline, &name, Some(("deadline", told)))
                }
            }
        });
        self.about = about;
        Some(deadline)
    }

    /// A moment so much later, or the last one of the calendar where that lies beyond; missing where the moment is.
    fn latest(&mut self, at: &Sql, since: Option<&Sql>, limit: Duration) -> Sql {
        let ty = self.moment_type();
        let endless = last_moment(&ty);
        let Some((mut fits, there)) = self.landed((at.clone(), &ty), limit) else {
            return if self.is_never_missing(at) { endless } else { Sql::when(at.clone().known(), endless) };
        };
        // What has not happened yet is no event, nor what is older than all that is asked about.
        let now = self.latest_now(&ty);
        fits.retain(|it| match it {
            Sql::Binary("<=", ends) => is_before(&ends.1, &now),
            Sql::Binary(">=", begins) => !since.is_some_and(|it| self.is_no_later(&begins.1, it)),
            _ => true,
        });
        if fits.is_empty() {
            return there;
        }
        let beyond = Sql::any(fits.into_iter().map(Sql::negated));
        Sql::if_else(beyond, endless, there)
    }
}

/// Steps that stand in a name.
const FEW: usize = 2;

/// Whether it goes by no calendar.
fn is_exact(limit: Duration) -> bool {
    limit.months == 0 && limit.days == 0
}

/// Whether one moment may come before the other.
fn is_before(one: &Sql, other: &Sql) -> bool {
    match (one, other) {
        (Sql::Literal(Literal::Timestamp(one)), Sql::Literal(Literal::Timestamp(other))) => one < other,
        (Sql::Literal(Literal::Date(one)), Sql::Literal(Literal::Date(other))) => one < other,
        _ => true,
    }
}
