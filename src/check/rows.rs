//! A child table's column used as if it were the user's: `ordered_at within 30d`, where a user has many orders.

use super::{Checker, words::is_number};
use crate::{
    diagnostic::{Diagnostic, code::UNKNOWN_NAME},
    intern::Symbol,
    schema::{Role, Table},
    source::Span,
    value::Type,
};

/// Signs and words that ask something of what stands before them.
const ASKS: &[&str] = &[
    "=",
    "!",
    "<",
    ">",
    "between ",
    "in ",
    "is ",
    "has ",
    "contains ",
    "starts ",
    "ends ",
    "matches ",
    "within ",
    "during ",
];

impl Checker<'_> {
    /// Tells a bare name that only the rows of a child table have; false where none has it.
    pub(super) fn tell_column_of_rows(&mut self, name: &Symbol, span: Span) -> bool {
        let has_it = |table: &&Table| {
            matches!(table.role, Role::Children { .. }) && table.columns.iter().any(|column| column.name == *name)
        };
        let Some(table) = self.schema.tables.iter().find(has_it) else { return false };
        let Some(column) = table.columns.iter().find(|column| column.name == *name) else { return false };
        let rows = written_name(table.name.as_str());
        let message = format!("`{name}` is a column of {rows}, of which a user may have many", rows = quoted(&rows));
        let name = self.words(span).to_owned();
        let compared = self.compared_with(span);
        let (written, whole) = match (&column.ty, compared) {
            (Type::Date | Type::Timestamp, _) => (format!("max({rows}.{name})"), span),
            (Type::Bool, _) => (format!("any({rows} where {name})"), span),
            (ty, _) if is_number(ty) => (format!("sum({rows}.{name})"), span),
            (_, Some(whole)) => (format!("any({rows} where {})", self.words(whole)), whole),
            (_, None) => (format!("last({rows}.{name})"), span),
        };
        let shown = written.split_whitespace().collect::<Vec<_>>().join(" ");
        self.sink.push(
            Diagnostic::error(UNKNOWN_NAME, span, message).help(format!("ask about all of them: `{shown}`")).suggest(
                format!("write `{shown}`"),
                whole,
                written,
            ),
        );
        true
    }

    /// Whether something is asked of what stands at a place, so that it is no text.
    pub(super) fn is_asked(&self, span: Span) -> bool {
        let behind = self.sources.get(span.source).text().get(span.end as usize..).unwrap_or("").trim_start();
        let behind = behind.strip_prefix("not ").unwrap_or(behind);
        ASKS.iter().any(|word| behind.starts_with(word))
    }

    /// The type that a name seems to have by what is asked of it: `spend > 3` asks a number; none of what could be a text as well.
    pub(super) fn asked_type(&self, span: Span) -> Option<&'static str> {
        let behind = self.sources.get(span.source).text().get(span.end as usize..).unwrap_or("").trim_start();
        let behind = behind.strip_prefix("not ").unwrap_or(behind);
        if ["within ", "during "].iter().any(|word| behind.starts_with(word)) {
            return Some("timestamp?");
        }
        let signs = ["between ", "in ", ">=", "<=", "!=", ">", "<", "="];
        let beside =
            signs.iter().find_map(|sign| behind.strip_prefix(sign))?.trim_start().trim_start_matches(['[', '-']);
        let token = beside.split(|it: char| it.is_whitespace() || matches!(it, ',' | ')' | ']' | '}')).next()?;
        match token {
            "now" | "today" => Some("timestamp?"),
            "true" | "false" => Some("bool?"),
            _ if !token.starts_with(|it: char| it.is_ascii_digit()) => None,
            _ if token.contains(|it: char| it.is_ascii_alphabetic() || matches!(it, '-' | ':')) => Some("timestamp?"),
            _ => Some("decimal(2)?"),
        }
    }

    /// Whether a name is what `in` looks into.
    pub(super) fn stands_behind_in(&self, span: Span) -> bool {
        let before = self.sources.get(span.source).text().get(..span.start as usize).unwrap_or("").trim_end();
        before.strip_suffix("in").is_some_and(|it| it.ends_with(char::is_whitespace))
    }

    /// Whether nothing is asked of a name, compared with it or computed from it, so that it is a condition by itself.
    pub(super) fn stands_alone(&self, span: Span) -> bool {
        let text = self.sources.get(span.source).text();
        let behind = text.get(span.end as usize..).unwrap_or("").trim_start();
        let before = text.get(..span.start as usize).unwrap_or("").trim_end();
        let signs = ['=', '<', '>', '!', '+', '-', '*', '/', '.', '?', '['];
        !self.is_asked(span) && !behind.starts_with(signs) && !before.ends_with(signs)
    }

    /// Whether a name stands where a condition is wanted.
    pub(super) fn is_condition(&self, span: Span) -> bool {
        let text = self.sources.get(span.source).text();
        let behind = text.get(span.end as usize..).unwrap_or("").trim_start();
        let before = text.get(..span.start as usize).unwrap_or("").trim_end();
        let word = |it: char| it.is_alphanumeric() || it == '_';
        let previous = before.rsplit(|it| !word(it)).next().unwrap_or_default();
        let next = behind.split(|it| !word(it)).next().unwrap_or_default();
        // A word behind it on its line may be an operator of another language: `金额 大于 5`.
        let line = text.get(span.end as usize..).unwrap_or("").lines().next().unwrap_or("").trim();
        let over = line.is_empty() || line.starts_with([')', '}', ',', '#']) || matches!(next, "and" | "or" | "then");
        let wanted = matches!(previous, "when" | "and" | "or" | "not" | "where" | "require" | "if");
        over && self.stands_alone(span) && (wanted || matches!(next, "and" | "or") && before.ends_with('('))
    }

    /// `category = "fruit"` whole, where its name stands at a place.
    fn compared_with(&self, span: Span) -> Option<Span> {
        let text = self.sources.get(span.source).text();
        let behind = text.get(span.end as usize..)?.trim_start();
        let value = behind.strip_prefix("!=").or_else(|| behind.strip_prefix('='))?.trim_start();
        let inside = value.strip_prefix('"')?;
        let (text_inside, behind) = inside.split_once('"').filter(|(it, _)| !it.contains(['\n', '\\']))?;
        let end = text.len() - behind.len();
        (!text_inside.is_empty()).then_some(())?;
        Some(Span { end: u32::try_from(end).ok()?, ..span })
    }
}

/// A name as rules write it.
fn written_name(name: &str) -> String {
    let plain = !crate::syntax::is_reserved(name) && name.chars().all(|it| it.is_alphanumeric() || it == '_');
    if plain { name.to_owned() } else { format!("`{name}`") }
}

/// A written name in backticks, for a message.
fn quoted(name: &str) -> String {
    if name.starts_with('`') { name.to_owned() } else { format!("`{name}`") }
}
