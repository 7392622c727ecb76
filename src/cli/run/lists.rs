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
        let place = files.of_list(list);
        let input = files.input(&place).ok()?;
        // A file beside the rules is called as they call it.
        let file = if place == files.path(&list.from) { &list.from } else { &place };
        let header = data::headers(&input).ok()??.into_iter().next()?;
        Some(format!("list {}: the column `{header}` of `{}`, its first", list.name, file))
    });
    told.collect()
}
