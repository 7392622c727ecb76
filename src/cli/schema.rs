//! `tagwell schema`: table declarations that a rulebook implies or a data file has.

use std::path::PathBuf;

use tagwell::{
    check::Inputs,
    data::Input,
    diagnostic::Sink,
    engine::{Problems, Rulebook},
    format,
    intern::Symbol,
    schema::{ColumnId, Role, Source, Table},
    source::Sources,
    syntax::{self, ast},
};

use super::{
    Answer,
    exit::{Exit, Failure},
    output::Output,
    report::{self, MessageArgs},
    rules::Rules,
    sketch,
    voice::Voice,
};

/// Print the table declarations that rules imply or a data file has.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell schema users.csv
  tagwell schema orders.csv
  tagwell schema vip.rules")]
pub(crate) struct Schema {
    /// Rules, or a data file.
    #[arg(value_name = "RULES|FILE")]
    pub(crate) subject: PathBuf,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

impl Schema {
    /// Prints declarations.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let name = self.subject.to_string_lossy().into_owned();
        let text = match Input::parse(&name) {
            Ok(input) if !name.ends_with(".rules") && !self.subject.is_dir() => sketch::tables(&input)?,
            Ok(_) | Err(_) => self.of_rules(voice)?,
        };
        let mut output = Output::standard();
        output.write(text)?;
        output.finish()?;
        Ok(Exit::Done)
    }

    fn of_rules(&self, voice: &Voice) -> Result<String, Failure> {
        let texts = Rules::read(&self.subject)?.texts(self.messages.message_format, voice)?;
        let told = |problems: Problems| {
            report::beside_the_answer(problems.diagnostics(), problems.sources(), self.messages.message_format, voice);
            Failure::told()
        };
        let rulebook = Rulebook::parse_all(texts).map_err(told)?;
        let checked = rulebook.check(&Inputs::default()).map_err(told)?;
        let tables = &checked.rulebook().schema.tables;
        let all: Vec<String> = tables.iter().map(|table| declared(table, &checked.rulebook().schema)).collect();
        Ok(all.join("\n"))
    }
}

/// The declaration of a table.
pub(super) fn declared(table: &Table, schema: &tagwell::schema::Schema) -> String {
    if table.is_ledger() {
        return laid_out(&format!(
            "table {} of {} from ledger",
            print_name(&table.name),
            print_name(&schema.root().name)
        ));
    }
    let named = |id: ColumnId| print_name(&table.column(id).name);
    let mut head = format!("table {}", print_name(&table.name));
    if let Role::Children { by, at } = &table.role {
        head += &format!(" of {} by {}", print_name(&schema.root().name), named(*by));
        head += &at.map(|at| format!(" at {}", named(at))).unwrap_or_default();
    }
    head += &table.key.map(|key| format!(" key {}", named(key))).unwrap_or_default();
    head += &table.from.as_ref().map(|from| format!(" from {}", print_text(from))).unwrap_or_default();
    let columns = table.columns.iter().filter(|column| column.source == Source::Data).map(|column| {
        let optional = if column.optional && Some(&column.name) != table.key.map(|key| &table.column(key).name) {
            "?"
        } else {
            ""
        };
        let header = match column.header == *column.name {
            true => String::new(),
            false => format!(" from {}", print_text(&column.header)),
        };
        format!("{}: {}{optional}{header}", print_name(&column.name), column.ty)
    });
    let columns: Vec<String> = columns.collect();
    laid_out(&format!("{head} {{ {} }}", columns.join(", ")))
}

pub(super) fn print_name(name: &str) -> String {
    let name = ast::Name { symbol: Symbol::new(name), place: ast::Place::default() };
    let place = ast::Place::default();
    format::print_expr(&ast::Expr { kind: ast::ExprKind::Name(name), place })
}

/// A text as rules write it.
pub(super) fn print_text(text: &str) -> String {
    let place = ast::Place::default();
    let kind = ast::ExprKind::Literal(ast::Literal::Text(text.to_owned()));
    format::print_expr(&ast::Expr { kind, place })
}

/// A declaration in the canonical layout.
pub(super) fn laid_out(text: &str) -> String {
    let mut sources = Sources::new();
    let id = sources.add("<schema>", text);
    let file = syntax::parse(id, text, &mut Sink::new());
    format::format(&file, text).unwrap_or_else(|_| format!("{text}\n"))
}
