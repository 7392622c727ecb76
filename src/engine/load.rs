//! What a rulebook reads beside its users: uploaded lists and reference tables, from the files that it names or that it was told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    data::{self, BadRow, DataError, Format, Input, Memory, Pipes},
    eval::{Context, Lookup},
    intern::Symbol,
    ir::{List, Reads, Rulebook},
    schema::{Column, ColumnId, Role, Source, Table, TableId},
    value::{Clock, Type, Value, moment_text::MomentFormat, print},
};

/// Where the files of a rulebook are.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The rulebook's folder, in which the files lie that it names.
    pub folder: PathBuf,
    /// Files that were named for tables and lists, in place of what the rulebook says.
    pub tables: Vec<(String, String)>,
    /// Where what is read is kept, for whoever asks again.
    pub memory: Option<Arc<Memory>>,
    /// What was named that can be read only once: whoever asks for it again reads it from its beginning.
    pub pipes: Arc<Pipes>,
}

/// Why a list or a reference table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read, or does not fit.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A row of it is bad.
    #[error("{0}")]
    BadRow(Box<BadRow>),
    /// Two rows of a reference table have one key.
    #[error("{file}:{line}: the key `{key}` is there already")]
    KeyTwice {
        /// The file.
        file: String,
        /// The line of the second.
        line: u64,
        /// The key.
        key: String,
    },
    /// Nobody says where a table is.
    #[error("the rules do not say where the table `{0}` is")]
    Nowhere(String),
    /// The same, and the users' own records hold no rows, since their file is of a form that has none.
    #[error("the rules do not say where the table `{0}` is")]
    NotNested(String),
}

impl Files {
    /// A path that the rulebook names.
    pub fn path(&self, from: &str) -> String {
        self.folder.join(Path::new(from)).to_string_lossy().into_owned()
    }

    /// The file of a path.
    ///
    /// # Errors
    /// A form that is not known.
    pub fn input(&self, path: &str) -> Result<Input, DataError> {
        match &self.memory {
            Some(memory) => memory.input(path),
            None => self.pipes.input(path),
        }
    }

    /// Where a table is: as was told, else as the rules say.
    pub fn of_table(&self, table: &Table) -> Option<String> {
        let told = self.tables.iter().find(|(name, _)| *name == *table.name).map(|(_, file)| file.clone());
        told.or_else(|| table.from.as_ref().map(|from| self.path(from)))
    }

    /// Where an uploaded list is: as was told, else as the rules say.
    pub fn of_list(&self, list: &List) -> String {
        let told = self.tables.iter().find(|(name, _)| *name == *list.name).map(|(_, file)| file.clone());
        told.unwrap_or_else(|| self.path(&list.from))
    }

    /// Where the rows of the child tables are that some results read; none where they stand in the users' records, and of the
    /// state's ledger, which has no rows where nobody says where they are.
    ///
    /// # Errors
    /// A table that nobody says anything of.
    pub fn children(
        &self,
        rulebook: &Rulebook,
        users: Option<Format>,
        reads: &Reads,
    ) -> Result<BTreeMap<TableId, Option<Input>>, LoadError> {
        let mut found = BTreeMap::new();
        for id in reads.children.keys() {
            let table = rulebook.schema.table(*id);
            let input = match (self.of_table(table), users) {
                // Nothing was decided where nobody brings the state's own decisions.
                (None, _) if table.is_ledger() => continue,
                (Some(path), _) => Some(self.input(&path)?),
                (None, _) if table.is_ledger() => None,
                (None, Some(Format::JsonLines)) => None,
                (None, Some(Format::Parquet | Format::Arrow)) => {
                    return Err(LoadError::NotNested(table.name.to_string()));
                }
                (None, Some(Format::Csv | Format::Tsv) | None) => {
                    return Err(LoadError::Nowhere(table.name.to_string()));
                }
            };
            found.insert(*id, input);
        }
        Ok(found)
    }

    /// The clock, and what some results read beside the users' own fields.
    ///
    /// # Errors
    /// The first list or table that cannot be read.
    pub fn context(&self, rulebook: &Rulebook, clock: Clock, reads: &Reads) -> Result<Context, LoadError> {
        let mut lists = vec![HashSet::new(); rulebook.lists.len()];
        for id in &reads.lists {
            let (Some(list), Some(slot)) = (rulebook.lists.get(id.0 as usize), lists.get_mut(id.0 as usize)) else {
                continue;
            };
            *slot = self.list(list, &clock)?;
        }
        let mut lookups = HashMap::new();
        let tables: BTreeSet<TableId> = reads.lookups.iter().map(|(table, _)| *table).collect();
        for table in tables {
            lookups.insert(table, self.lookup(rulebook.schema.table(table), &clock)?);
        }
        Ok(Context { clock, lists, lookups, deeds: Default::default() })
    }

    /// The texts of an uploaded list.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn list(&self, list: &List, clock: &Clock) -> Result<HashSet<Arc<str>>, LoadError> {
        let input = self.input(&self.of_list(list))?;
        let facts = data::facts(&input)?;
        let first = facts.columns.first().map(|column| column.header.clone());
        let Some(header) = list.column.clone().or(first) else { return Ok(HashSet::new()) };
        let text = Column {
            name: Symbol::new(&header),
            header,
            ty: Type::Text,
            optional: list.column.is_none(),
            format: MomentFormat::Iso,
            source: Source::Data,
            span: None,
        };
        let table = Table {
            name: Symbol::new("list"),
            role: Role::Reference,
            key: None,
            columns: vec![text],
            from: None,
            declared: true,
            span: None,
        };
        let mut found = HashSet::new();
        for row in data::rows(&input, &table, &[ColumnId(0)], clock.zone())? {
            let row = row?.map_err(LoadError::BadRow)?;
            if let Some(Value::Text(text)) = row.values.first() {
                found.insert(Arc::clone(text));
            }
        }
        Ok(found)
    }

    /// The rows of a reference table.
    ///
    /// # Errors
    /// A file that is not said or cannot be read, and a key that two rows have.
    pub fn lookup(&self, table: &Table, clock: &Clock) -> Result<Lookup, LoadError> {
        let path = self.of_table(table).ok_or_else(|| LoadError::Nowhere(table.name.to_string()))?;
        let input = self.input(&path)?;
        let all: Vec<ColumnId> = (0..table.columns.len()).map(|at| ColumnId(at as u32)).collect();
        let mut lookup = Lookup::default();
        for row in data::rows(&input, table, &all, clock.zone())? {
            let row = row?.map_err(LoadError::BadRow)?;
            let key = table.key.and_then(|key| row.values.get(key.0 as usize)).cloned().unwrap_or(Value::Missing);
            // A row without a key is nobody's.
            if key != Value::Missing && !lookup.insert(&key, row.values, clock) {
                let key = print::text(&key, clock.zone());
                return Err(LoadError::KeyTwice { file: row.file.to_string(), line: row.line, key });
            }
        }
        Ok(lookup)
    }
}
