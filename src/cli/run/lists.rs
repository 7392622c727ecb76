//! Which column of an uploaded list was taken where the rules name none: a file without a header gives its first entry for one.

use tagwell::{
    data,
    engine::Files,
    ir::{Reads, Rulebook},
};

/// `list blocked: the column `user_id` of `blocked.csv`, its first`
pub(super) fn first_columns(rulebook: &Rulebook, reads: &Reads, files: &Files) -> Vec<String> {
    let lists = reads.lists.iter().filter_map(|id| rulebook.lists.get(id.0 as usize));
    let told = lists.filter(|list| list.column.is_none()).filter_map(|list| {
        let input = files.input(&files.path(&list.from)).ok()?;
        let header = data::headers(&input).ok()??.into_iter().next()?;
        Some(format!("list {}: the column `{header}` of `{}`, its first", list.name, list.from))
    });
    told.collect()
}
