//! Constants at the as-of, which read nothing of anybody.

use crate::{
    eval::{Context, Interpreter, reference::Known},
    ir::{AggregateId, DefinitionId, Expr, TimeWindow},
    plan::Constants,
    schema::ColumnId,
    value::{
        Moment, MomentType, Value, Zone,
        time::{Direction, Window},
    },
};

/// The values of constants at the as-of.
pub(crate) struct AsOf<'a, 'c> {
    pub(crate) interpreter: Interpreter<'a>,
    pub(crate) context: &'c Context,
}

impl<'a> AsOf<'a, 'a> {
    /// At the interpreter's own.
    #[cfg_attr(not(feature = "data"), allow(dead_code))]
    pub(crate) fn of(interpreter: Interpreter<'a>) -> AsOf<'a, 'a> {
        AsOf { interpreter, context: interpreter.context() }
    }
}

/// Nobody: constants read nothing.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Known for Nobody {
    fn column(&self, _: ColumnId) -> Value {
        Value::Missing
    }

    fn definition(&self, _: DefinitionId) -> Value {
        Value::Missing
    }

    fn aggregate(&self, _: AggregateId) -> Value {
        Value::Missing
    }

    fn reached(&self, _: AggregateId) -> Value {
        Value::Missing
    }

    fn goes_by(&self, _: DefinitionId) -> Value {
        Value::Missing
    }
}

impl Constants for AsOf<'_, '_> {
    fn value(&self, expr: &Expr) -> Value {
        self.interpreter.row(&Nobody).value(expr)
    }

    fn window(&self, window: &TimeWindow, kind: MomentType) -> Option<Window> {
        self.interpreter.row(&Nobody).window(window, kind)
    }

    fn ago(&self, duration: &Value, kind: MomentType) -> Option<Value> {
        let Value::Duration(duration) = duration else { return None };
        self.context.clock.shifted(*duration, Direction::Back, kind).map(Moment::into)
    }

    fn now(&self, kind: MomentType) -> Value {
        self.context.clock.now_as(kind).into()
    }

    fn zone(&self) -> &Zone {
        self.context.clock.zone()
    }
}
