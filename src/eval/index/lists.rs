//! Which of the texts that rules name stand in a user's lists: `interests has "tea"`.

use std::{collections::BTreeMap, sync::Arc};

use super::texts::Texts;
use crate::{
    ir::{Expr, ExprKind, HasTest},
    plan::{Atom, Constants, is_constant},
    schema::{ColumnId, Table},
    value::{Truth, Type, Value},
};

/// A question about one column of lists of texts: how many of these texts stand in it.
pub(super) struct Asked {
    pub(super) column: ColumnId,
    pub(super) test: HasTest,
    pub(super) texts: Vec<Arc<str>>,
}

impl Asked {
    /// `interests has "tea"`, `interests has any of ["tea", "coffee"]`; none of a leaf that asks something else.
    pub(super) fn of(atom: &Atom<'_>, table: &Table, constants: &dyn Constants) -> Option<Asked> {
        let Atom::Opaque(expr) = atom else { return None };
        let (test, subject, wanted) = match &expr.kind {
            ExprKind::Has { subject, element } => (HasTest::Any, subject, element),
            ExprKind::HasOf { test, subject, elements } => (*test, subject, elements),
            _ => return None,
        };
        let column = column_of(subject, table)?;
        let wanted = is_constant(wanted).then(|| constants.value(wanted))?;
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        let texts = match &wanted {
            Value::List(values) => values.iter().map(text).collect::<Option<Vec<_>>>()?,
            value => vec![text(value)?],
        };
        (!texts.is_empty()).then_some(Asked { column, test, texts })
    }
}

fn column_of(expr: &Expr, table: &Table) -> Option<ColumnId> {
    match (&expr.kind, &expr.ty) {
        (ExprKind::Column(id), Type::List(element)) if **element == Type::Text => {
            (table.column(*id).ty == expr.ty).then_some(*id)
        }
        _ => None,
    }
}

/// The texts that rules look for in lists, numbered through.
#[derive(Debug, Default)]
pub(super) struct Lists {
    columns: Vec<Listed>,
}

#[derive(Debug)]
struct Listed {
    column: ColumnId,
    texts: Texts,
    first: u32,
    count: u32,
}

impl Lists {
    /// Of the texts looked for in each column, each once.
    pub(super) fn of(texts: &BTreeMap<ColumnId, Vec<Arc<str>>>) -> Lists {
        let mut first = 0;
        let listed = |(column, texts): (&ColumnId, &Vec<Arc<str>>)| {
            let count = texts.len() as u32;
            first += count;
            Listed { column: *column, texts: Texts::of(texts.iter().cloned()), first: first - count, count }
        };
        Lists { columns: texts.iter().map(listed).collect() }
    }

    /// The number of a text that is looked for in a column.
    pub(super) fn number(&self, column: ColumnId, text: &str) -> Option<u32> {
        let listed = self.columns.iter().find(|listed| listed.column == column)?;
        Some(listed.first + listed.texts.get(text)?)
    }

    /// For each text by its number: whether it stands in the user's list.
    ///
    /// # Errors
    /// A column whose value is no list.
    pub(super) fn look(&self, record: &[Value], standing: &mut Vec<Truth>) -> Result<(), ColumnId> {
        standing.clear();
        for listed in &self.columns {
            let list = match record.get(listed.column.0 as usize) {
                Some(Value::List(list)) => Some(list),
                None | Some(Value::Missing) => None,
                Some(_) => return Err(listed.column),
            };
            let unless = if list.is_some() { Truth::False } else { Truth::Unknown };
            standing.resize(standing.len() + listed.count as usize, unless);
            for element in list.into_iter().flat_map(|list| list.iter()) {
                let Value::Text(text) = element else { return Err(listed.column) };
                let number = listed.texts.get(text).map(|number| listed.first + number);
                if let Some(slot) = number.and_then(|number| standing.get_mut(number as usize)) {
                    *slot = Truth::True;
                }
            }
        }
        Ok(())
    }
}
