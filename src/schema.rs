//! What data there is: tables, columns, keys, and what may be missing.
//!
//! A schema comes from `table` declarations, or is inferred from how fields are used and met with the [`Facts`] that
//! a reader found in the data. Ids are small indexes into it.

use crate::{
    intern::Symbol,
    source::Span,
    value::{Type, moment_text::MomentFormat},
};

/// Which table; an index into [`Schema::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u32);

/// Which column of its table; an index into [`Table::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

/// All tables of a rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The tables; the root is among them.
    pub tables: Vec<Table>,
    /// The table whose rows are the users.
    pub root: TableId,
}

impl Schema {
    /// The table whose rows are the users.
    pub fn root(&self) -> &Table {
        self.table(self.root)
    }

    /// The table of an id.
    pub fn table(&self, id: TableId) -> &Table {
        self.tables.get(id.0 as usize).expect("a table id comes from the schema that is asked")
    }

    /// The table of this name.
    pub fn find(&self, name: &str) -> Option<TableId> {
        self.tables.iter().position(|table| table.name.as_str() == name).map(|at| TableId(at as u32))
    }
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in rules.
    pub name: Symbol,
    /// What its rows are to the users.
    pub role: Role,
    /// The column that identifies a row, where there is one. Of an undeclared root table: `user_id`, else `id`, else
    /// the first column of the data (known once there are [`Facts`]).
    pub key: Option<ColumnId>,
    /// Its columns, in order of declaration; of an undeclared table, in order of first use, the key first.
    pub columns: Vec<Column>,
    /// The file named by the rulebook, relative to its folder.
    pub from: Option<String>,
    /// Whether a `table` declaration says so: then names are closed and the data must have the columns.
    pub declared: bool,
    /// Where it is declared.
    pub span: Option<Span>,
}

impl Table {
    /// `table touches of users from ledger`: its rows are the state's own decisions.
    pub fn is_ledger(&self) -> bool {
        matches!(self.role, Role::Children { .. }) && self.columns.iter().any(|column| column.source == Source::State)
    }

    /// The column of an id.
    pub fn column(&self, id: ColumnId) -> &Column {
        self.columns.get(id.0 as usize).expect("a column id comes from the table that is asked")
    }

    /// The column of this name.
    pub fn find(&self, name: &str) -> Option<ColumnId> {
        self.columns.iter().position(|column| column.name.as_str() == name).map(|at| ColumnId(at as u32))
    }
}

/// What the rows of a table are to the users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// `table users key user_id`: each row is a user.
    Root,
    /// `table orders of users by user_id at ordered_at`: each row belongs to one user.
    Children {
        /// The column that holds the user's key.
        by: ColumnId,
        /// The column that says when it happened.
        at: Option<ColumnId>,
    },
    /// `table channels key source`: looked up by its key.
    Reference,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in rules.
    pub name: Symbol,
    /// Its name in the data.
    pub header: String,
    /// Its type.
    pub ty: Type,
    /// `?`: whether a value may be missing.
    pub optional: bool,
    /// How its moments are written in the data. Durations are in results, where they may be whole numbers of microseconds.
    pub format: MomentFormat,
    /// Where its values come from.
    pub source: Source,
    /// Where it is declared, or first used.
    pub span: Option<Span>,
}

/// Where the values of a column come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The data.
    #[default]
    Data,
    /// What the state remembers of a user; no data has it, and no rule names it.
    State,
}

/// What a reader found in the data of one table before any rule is evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Where it was found: a path, or `<stdin>`.
    pub file: String,
    /// Its columns in the order of the data.
    pub columns: Vec<ColumnFacts>,
    /// What the values say of their own types.
    pub values: OwnTypes,
}

impl Facts {
    /// Whether there is such a column.
    pub(crate) fn has(&self, header: &str) -> bool {
        self.columns.iter().any(|it| it.header == header)
    }
}

/// What the values of a form of data say of their own types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnTypes {
    /// CSV: all are text, and may be read as this or that.
    #[default]
    Written,
    /// JSON: numbers, texts and booleans differ; moments are written as text.
    Json,
    /// Parquet, Arrow: each column has its type.
    Typed,
}

/// What a reader found in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFacts {
    /// Its header, or key in JSON.
    pub header: String,
    /// The type that the file itself gives (Parquet, Arrow; JSON where every value agrees), or that all values of a
    /// text format can be read as; none where there are no values.
    pub ty: Option<Type>,
    /// Whether any value is missing.
    pub missing: bool,
}
