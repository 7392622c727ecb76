//! The tables that a data file suggests: `tagwell schema orders.csv`.

use std::path::Path;

use tagwell::{
    data::{self, Input, Survey, Surveyed},
    diagnostic::render::visible_line,
    syntax,
    value::Type,
};

use super::{
    book,
    exit::Failure,
    schema::{laid_out, print_name, print_text},
};

/// The `table` of a data file, and those of the records nested in it: each column with the narrowest type that all its values have.
pub(crate) fn tables(input: &Input) -> Result<String, Failure> {
    let survey = data::survey(input).map_err(book::failure)?;
    let path = input.name();
    let file = Path::new(&path).file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(first) = survey.columns.first() else {
        return Err(Failure::new(format!("`{path}` has no columns")));
    };
    let key = key_of(&survey).unwrap_or(first);
    let from = if file.starts_with('<') { String::new() } else { format!(" from {}", print_text(&file)) };
    if key.repeats() && is_key_like(&key.header) {
        let table = child(&survey, key, &child_name(&file), &from, &[]);
        return Ok(format!("# Rows of users: a rulebook with this table declares `table users key …`, too.\n{table}"));
    }
    let mut text = String::new();
    if key.repeats() {
        text += "# No column is different in every row: put the one that says who it is behind `key`.\n";
    }
    let head = format!("table users key {}{from}", named(&key.header));
    text += &laid_out(&format!("{head} {{ {} }}", columns(&survey, &[key])));
    for (column, nested) in survey.columns.iter().filter_map(|it| Some((it, it.nested.as_ref()?))) {
        let by = nested.find(&key.header);
        let own = [format!("{}: {}", named(&key.header), key_type(key))];
        let added = if by.is_none() { own.as_slice() } else { &[] };
        text += "\n";
        text += &child(nested, by.unwrap_or(key), &column.header, "", added);
    }
    Ok(text)
}

/// `table orders of users by user_id at ordered_at key order_id`
fn child(survey: &Survey, by: &Surveyed, name: &str, from: &str, added: &[String]) -> String {
    let mut head = format!("table {} of users by {}", named(name), named(&by.header));
    let moment = |ty: Type| survey.columns.iter().find(|it| it.ty() == Some(ty.clone()));
    if let Some(at) = moment(Type::Timestamp).or_else(|| moment(Type::Date)) {
        head += &format!(" at {}", named(&at.header));
    }
    let key = survey.columns.iter().find(|it| {
        it.header != by.header
            && is_key_like(&it.header)
            && !it.repeats()
            && !survey.is_missing(it)
            && it.ty().is_some()
    });
    let mut keys = vec![by];
    if let Some(key) = key {
        head += &format!(" key {}", named(&key.header));
        keys.push(key);
    }
    let added: String = added.iter().map(|column| format!("{column}\n")).collect();
    laid_out(&format!("{head}{from} {{ {added}{} }}", columns(survey, &keys)))
}

/// Every column that can be one, a line each.
fn columns(survey: &Survey, keys: &[&Surveyed]) -> String {
    let mut lines = String::new();
    for column in &survey.columns {
        let name = named(&column.header);
        if column.shapeless {
            let header = visible_line(&column.header);
            lines += &format!("# `{header}` holds objects, or values of several kinds: no column can.\n");
            continue;
        }
        if column.nested.is_some() {
            continue;
        }
        let is_key = keys.iter().any(|key| key.header == column.header);
        let ty = match column.ty() {
            _ if is_key => key_type(column),
            Some(ty) => ty.to_string(),
            None => "text".into(),
        };
        let optional = if survey.is_missing(column) || column.ty().is_none() { "?" } else { "" };
        let from = if as_name(&column.header) == column.header {
            String::new()
        } else {
            format!(" from {}", print_text(&column.header))
        };
        let format = column.format().filter(|_| !is_key).map(|it| format!(" in {}", print_text(it)));
        let comment = match column.yes().filter(|_| !is_key) {
            Some(yes) => format!(" # a text: compare it with {}", print_text(yes)),
            None if column.is_ambiguous() => " # a date? then say in which order: `date in \"%d/%m/%Y\"`".to_owned(),
            None => String::new(),
        };
        // A column of this name would be read as the end of the one before it.
        let comma = if ["from", "in"].contains(&&*column.header) { ", " } else { "" };
        lines += &format!("{comma}{name}: {ty}{optional}{from}{}{comment}\n", format.unwrap_or_default());
    }
    lines
}

/// A header as a name: what no name can hold is `_` there.
fn as_name(header: &str) -> String {
    let fits = |it: &char| !syntax::is_hidden(*it) && !matches!(it, '\n' | '\r' | '\t' | '`' | '\u{ff40}');
    header.chars().map(|it| if fits(&it) { it } else { '_' }).collect()
}

fn named(header: &str) -> String {
    print_name(&as_name(header))
}

/// A key is a text, unless all of its values are ints.
fn key_type(key: &Surveyed) -> String {
    match key.ty() {
        Some(Type::Int) => "int".into(),
        _ => "text".into(),
    }
}

/// What other tables call the key of the users.
const PERSONS: [&str; 16] = [
    "userid",
    "uid",
    "customerid",
    "clientid",
    "memberid",
    "buyerid",
    "accountid",
    "用户id",
    "用户编号",
    "客户id",
    "客户编号",
    "会员id",
    "会员编号",
    "会员号",
    "买家id",
    "顾客id",
];

/// Where a column that names a person repeats, that one; else `user_id`, else `id`, else one that names a person.
fn key_of(survey: &Survey) -> Option<&Surveyed> {
    let is_person = |it: &&Surveyed| PERSONS.contains(&plain(&it.header).as_str());
    let repeated = survey.columns.iter().filter(is_person).find(|it| it.repeats());
    let named = repeated.or_else(|| survey.find("user_id")).or_else(|| survey.find("id"));
    named.or_else(|| survey.columns.iter().find(is_person))
}

fn is_key_like(header: &str) -> bool {
    let ends = ["_id", " id", "ID", "Id", "编号", "号"];
    header == "id" || PERSONS.contains(&plain(header).as_str()) || ends.iter().any(|end| header.ends_with(end))
}

/// `User ID` as `userid`
fn plain(header: &str) -> String {
    header.chars().filter(|it| !matches!(it, '_' | ' ' | '-')).collect::<String>().to_lowercase()
}

/// The file's name up to its first dot, where a child table may be called so.
fn child_name(file: &str) -> String {
    match file.split('.').next().unwrap_or_default() {
        "" | "users" => "orders".into(),
        stem if stem.starts_with('<') => "orders".into(),
        stem => stem.into(),
    }
}
