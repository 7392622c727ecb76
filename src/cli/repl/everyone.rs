//! What everybody gets of all results. Where rules are changed, only what reads the change is evaluated again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tagwell::{
    data::{Memory, Stamp},
    explain,
    ir::{DefinitionId, Rulebook},
};

use super::{
    super::{
        book::{self, Book},
        clock::AsOf,
        exit::Failure,
    },
    people::People,
    texts::{Key, Parts, declared},
};

/// What everybody gets of all results of a rulebook, and of what that was found.
pub(crate) struct Everyone {
    pub(crate) rulebook: Arc<Rulebook>,
    pub(crate) ids: Vec<DefinitionId>,
    pub(crate) people: People,
    /// What was declared.
    texts: BTreeMap<Key, String>,
    /// Of the data.
    stamps: Vec<Stamp>,
    now: i64,
    /// The run that the state was last written by.
    run: Option<i64>,
}

impl Everyone {
    /// Asks everybody. What is known of before is taken over where neither rules nor data nor the clock make it another.
    pub(crate) fn ask(
        book: &Book,
        (as_of, now): (&AsOf, i64),
        parts: &Parts,
        before: Option<&Arc<Everyone>>,
    ) -> Result<Arc<Everyone>, Failure> {
        let rulebook = Arc::clone(book.checked.rulebook());
        let stamps = stamps(book)?;
        let texts: BTreeMap<Key, String> = declared(parts).into_iter().map(|it| (it.key, it.written)).collect();
        let run = book.state.as_ref().map(|it| it.state.number()).transpose()?;
        let before = before.filter(|before| before.now == now && before.stamps == stamps && before.run == run);
        if let Some(before) = before
            && Arc::ptr_eq(&before.rulebook, &rulebook)
        {
            return Ok(Arc::clone(before));
        }
        let ids = explain::results(&rulebook);
        let people = match before {
            Some(before) => before.again(book, as_of, &rulebook, &ids, &texts)?,
            None => None,
        };
        let people = match people {
            Some(people) => people,
            None => People::ask(book, as_of, &rulebook, &ids)?,
        };
        Ok(Arc::new(Everyone { rulebook, ids, people, texts, stamps, now, run }))
    }

    /// Without being kept.
    pub(crate) fn once(rulebook: Arc<Rulebook>, ids: Vec<DefinitionId>, people: People) -> Everyone {
        Everyone { rulebook, ids, people, texts: BTreeMap::new(), stamps: vec![], now: 0, run: None }
    }

    /// Asks for what has changed alone; none where that does not do.
    fn again(
        &self,
        book: &Book,
        as_of: &AsOf,
        rulebook: &Arc<Rulebook>,
        ids: &[DefinitionId],
        texts: &BTreeMap<Key, String>,
    ) -> Result<Option<People>, Failure> {
        // Which rows are bad hangs on what is asked for; what everything rests on is the same or not.
        if self.people.has_bad_rows() || self.rests_on(&self.texts) != self.rests_on(texts) {
            return Ok(None);
        }
        let known: Vec<Option<usize>> = ids.iter().map(|id| self.same(rulebook, *id, texts)).collect();
        let asked = ids.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(id, _)| *id);
        let asked: Vec<DefinitionId> = asked.collect();
        let new = People::ask(book, as_of, rulebook, &asked)?;
        if new.has_bad_rows() || new.len() != self.people.len() {
            return Ok(None);
        }
        let mut fresh = new.columns.iter();
        let columns = known.iter().filter_map(|known| match known {
            Some(at) => self.people.columns.get(*at),
            None => fresh.next(),
        });
        let columns = columns.map(Arc::clone).collect();
        Ok(Some(new.with(columns)))
    }

    /// Where a result stands that reads the same definitions and columns, each declared in the same words; none where there is none.
    fn same(&self, rulebook: &Rulebook, id: DefinitionId, texts: &BTreeMap<Key, String>) -> Option<usize> {
        let name = &rulebook.definition(id).name;
        let at = self.ids.iter().position(|known| self.rulebook.definition(*known).name == *name)?;
        let (old, new) = (read_by(&self.rulebook, *self.ids.get(at)?), read_by(rulebook, id));
        let same = |name: &String| {
            let key = Key::Name(name.clone());
            self.texts.get(&key).is_some_and(|text| texts.get(&key) == Some(text))
        };
        (old == new && new.0.iter().all(same)).then_some(at)
    }

    /// The words of what definitions rest on without reading it by name: the zone, tables, parameters, lists.
    fn rests_on<'t>(&self, texts: &'t BTreeMap<Key, String>) -> Vec<&'t String> {
        let words = ["rulebook", "table", "param", "list"];
        let is_one = |text: &str| {
            let line = text.lines().find(|line| !line.starts_with("##")).unwrap_or_default();
            words.contains(&line.split_whitespace().next().unwrap_or_default())
        };
        texts.values().filter(|text| is_one(text)).collect()
    }
}

/// The names of the definitions that one reads, itself among them, and the columns, each with all that its values hang on.
fn read_by(rulebook: &Rulebook, id: DefinitionId) -> (BTreeSet<String>, BTreeSet<String>) {
    let reads = rulebook.reads([id]);
    let names = reads.definitions.iter().chain([&id]).map(|id| rulebook.definition(*id).name.to_string());
    let root = rulebook.schema.root();
    let columns = reads.columns.iter().map(|id| root.column(*id));
    let column = |it: &tagwell::schema::Column| format!("{:?}", (&it.header, &it.ty, it.optional, &it.format));
    (names.collect(), columns.map(column).chain(root.key.map(|key| column(root.column(key)))).collect())
}

/// When the data were changed.
fn stamps(book: &Book) -> Result<Vec<Stamp>, Failure> {
    let rulebook = book.checked.rulebook();
    let tables = rulebook.schema.tables.iter().filter_map(|table| book.files.of_table(table));
    let lists = rulebook.lists.iter().map(|list| book.files.of_list(list));
    let mut stamps: Vec<Stamp> = book.users.iter().map(Memory::stamp).collect();
    for path in tables.chain(lists) {
        // What cannot be read is told where it is read.
        stamps.push(
            book.files.input(&path).map_err(book::failure).map(|input| Memory::stamp(&input)).unwrap_or_default(),
        );
    }
    Ok(stamps)
}
