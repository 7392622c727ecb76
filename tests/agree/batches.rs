//! The same users, answers and counts whatever the size of the pieces that a file is read in.

use std::sync::Mutex;

use tagwell::{
    data::{BadRow, Input, Wanted, chunks_of},
    engine::{Rulebook, RunError, RunSink, Tally, Users},
    ir::DefinitionId,
    schema::ColumnId,
};

const RULES: &str = "\
table users key user_id { user_id: text  city: text?  spend: decimal(2)?  last: date? }
let far = city = \"上海\" or spend > 10
tag vip when spend > 5 and last within 90d
tag far_away when far and not vip
level tier by spend { gold from 8  silver from 3  red otherwise }
score heat from 1 { 2 when vip  minus 5 when far } clamp 0..9
";

#[derive(Default)]
struct Sink {
    told: Mutex<Vec<String>>,
    counts_only: bool,
}

impl RunSink for Sink {
    type Ready = Vec<String>;

    fn looks(&self) -> bool {
        !self.counts_only
    }

    fn prepare(&self, users: &Users<'_>) -> Vec<String> {
        (0..users.rows()).map(|row| format!("{:?} {:?}", users.record(row), users.answers(row).values)).collect()
    }

    fn take(&self, ready: Vec<String>) -> Result<(), RunError> {
        self.told.lock().unwrap().extend(ready);
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        self.told.lock().unwrap().push(row.to_string());
        Ok(())
    }
}

#[test]
fn a_piece_may_be_of_any_size() {
    let cities = ["上海", "", "北\n京", "\"苏\""];
    let rows: String = (0..3000)
        .map(|at: usize| {
            let city = cities[at % 4].replace('"', "\"\"");
            let spend = if at.is_multiple_of(7) { String::new() } else { format!("{}.{:02}", at % 13, at % 100) };
            let spend = if at.is_multiple_of(91) { "much".to_owned() } else { spend };
            format!("u{at},\"{city}\",{spend},2026-{:02}-01\n", at % 12 + 1)
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    std::fs::write(&path, format!("user_id,city,spend,last\n{rows}")).unwrap();
    let input = Input::parse(&path.to_string_lossy()).unwrap();
    piece_by_piece(&input, RULES);
    // So many rules that the first pieces are read before they can be asked about.
    let many = |at: usize| format!("tag t{at} when spend > {} or city = {:?}\n", at % 13, cities[at % 4]);
    piece_by_piece(&input, &(0..600).map(many).fold(RULES.to_owned(), |rules, tag| rules + &tag));
}

fn piece_by_piece(input: &Input, rules: &str) {
    let checked = Rulebook::parse("a.rules", rules).unwrap().check(&Default::default()).unwrap();
    let engine = checked.engine(checked.clock("2026-11-22").unwrap());
    let rulebook = engine.rulebook();
    let reads = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
    let run = |size: usize, counts_only: bool| -> (Vec<String>, Tally) {
        let table = rulebook.schema.root().clone();
        let needed = (0..table.columns.len() as u32).map(ColumnId).collect();
        let wanted = Wanted { table, needed, nested: vec![], verbatim: false };
        let mut sink = Sink { counts_only, ..Sink::default() };
        let ran =
            engine.run(chunks_of(input, wanted, engine.clock().zone(), size).unwrap(), &reads, &mut sink).unwrap();
        // Bad rows are told beside the users of their piece.
        let mut told = sink.told.into_inner().unwrap();
        told.sort();
        (told, ran.tally)
    };
    let whole = run(1 << 20, false);
    assert_eq!((whole.0.len(), whole.1.users), (3000, 2967));
    for size in [1, 7, 64, 333, 4096] {
        assert!(run(size, false) == whole, "pieces of {size} bytes");
    }
    // Who is only counted is counted in another order.
    for size in [333, 1 << 20] {
        assert_eq!(run(size, true).1, whole.1, "pieces of {size} bytes");
    }
}
