//! Rulebook, tables, parameters and lists.

use std::collections::HashMap;

use super::{Checker, Inputs, ROOT, book::Book, words::alike};
use crate::{
    diagnostic::{
        Diagnostic, Sink,
        code::{BAD_PARAM, BAD_PATH, BAD_TABLE, DECLARED_TWICE, UNKNOWN_TYPE, UNKNOWN_ZONE},
        nearest,
    },
    intern::Symbol,
    ir::{self, ExprKind},
    schema::{Column, ColumnId, Role, Schema, Source, Table, TableId},
    source::{Sources, Span},
    syntax::{self, ast},
    value::{Type, Value, Zone, moment_text, moment_text::MomentFormat},
};

const TYPES: &[&str] =
    &["text", "int", "decimal", "float", "bool", "date", "timestamp", "duration", "list of text", "list of int"];

/// The rulebook's name and zone.
pub(super) fn rulebook(book: &Book<'_>, sink: &mut Sink) -> (String, Zone) {
    let Some((first, place)) = book.rulebooks.first() else { return (String::new(), Zone::utc()) };
    for (_, span) in book.rulebooks.iter().skip(1) {
        sink.push(
            Diagnostic::error(DECLARED_TWICE, *span, "the rulebook is named twice")
                .label(*place, "named here first")
                .help("keep one of the two lines"),
        );
    }
    let zone = match &first.timezone {
        None => Zone::utc(),
        Some(text) => Zone::parse(&text.value).unwrap_or_else(|unknown| {
            let mut told =
                Diagnostic::error(UNKNOWN_ZONE, text.span(), format!("there is no time zone `{}`", text.value));
            told = match usual_zone(&text.value).or(unknown.similar.first().map(String::as_str)) {
                Some(near) => told.help(format!("did you mean `{near}`?")).suggest(
                    format!("write `{near}`"),
                    text.span(),
                    format!("\"{near}\""),
                ),
                None => told.help("write an area and a city: `timezone \"Asia/Shanghai\"`"),
            };
            sink.push(told);
            Zone::utc()
        }),
    };
    (first.name.value.clone(), zone)
}

/// The zone that is meant by what is not a zone's name. `UTC+8` is near to `UTC`, and eight hours away from it.
fn usual_zone(written: &str) -> Option<&'static str> {
    let plain = written.to_lowercase().replace(' ', "");
    Some(match plain.as_str() {
        "beijing" | "asia/beijing" | "shanghai" | "china" | "cst" | "utc+8" | "utc+08:00" | "gmt+8" | "+8"
        | "+08:00" => "Asia/Shanghai",
        "北京" | "北京时间" | "中国" | "上海" | "东八区" => "Asia/Shanghai",
        "hongkong" | "香港" => "Asia/Hong_Kong",
        "tokyo" | "japan" | "jst" => "Asia/Tokyo",
        "gmt" | "z" | "zulu" => "UTC",
        _ => return None,
    })
}

/// A path that a rulebook names lies inside its folder.
pub(super) fn path(text: &ast::Text, sink: &mut Sink) -> String {
    let outside =
        text.value.starts_with('/') || text.value.contains('\\') || text.value.split('/').any(|it| it == "..");
    if outside || text.value.is_empty() {
        sink.push(
            Diagnostic::error(BAD_PATH, text.span(), format!("`{}` is not inside the rulebook's folder", text.value))
                .help("put the file beside the rules, and name it without a leading `/` and without `..`; or give it with `--data`"),
        );
    }
    text.value.clone()
}

/// The schema where a table could not be read: the users' is taken for declared, with the columns that are known.
pub(super) fn tables_but_unread(book: &Book<'_>, sink: &mut Sink) -> (Schema, bool) {
    let already = sink.found().len();
    let (mut schema, _) = tables(book, sink);
    let told_of_a_part = |told: &Diagnostic| {
        let written = |name: &Option<ast::Name>| name.as_ref().is_some_and(|name| name.span() == told.primary.span);
        let whole = |table: &&ast::Table| table.name.span() == told.primary.span || written(&table.of);
        !book.tables.iter().any(whole)
    };
    sink.withdraw_after(already, |told| told.code == BAD_TABLE && !told_of_a_part(told));
    let root = schema.root.0 as usize;
    if let Some(table) = schema.tables.get_mut(root) {
        table.declared = true;
    }
    (schema, false)
}

/// The schema, and whether its root is beyond doubt.
pub(super) fn tables(book: &Book<'_>, sink: &mut Sink) -> (Schema, bool) {
    let mut tables: Vec<Table> = book.tables.iter().map(|table| self::table(table, sink)).collect();
    for ast in &book.tables {
        if let Some(of) = &ast.of
            && !tables.iter().any(|table| table.name == of.symbol)
        {
            let names = tables.iter().map(|table| table.name.as_str());
            let mut told = Diagnostic::error(BAD_TABLE, of.span(), format!("there is no table `{}`", of.symbol));
            if let Some(near) = nearest(&of.symbol, names) {
                told = told.help(format!("did you mean `{near}`?"));
            }
            sink.push(told.help("declare the parent's `table` too: children need one"));
        }
    }
    let parent = book.tables.iter().find_map(|ast| ast.of.as_ref()).map(|of| of.symbol.clone());
    let free: Vec<usize> =
        (0..tables.len()).filter(|at| book.tables.get(*at).is_some_and(|ast| ast.of.is_none())).collect();
    let named = |name: &str| free.iter().copied().find(|at| tables.get(*at).is_some_and(|it| it.name.as_str() == name));
    let root = match (&parent, free.as_slice()) {
        // A parent that is misspelt is told by itself.
        (Some(parent), [only]) => named(parent).or(Some(*only)),
        (Some(parent), _) => named(parent),
        (None, [only]) => Some(*only),
        (None, _) => named(ROOT),
    };
    match root {
        Some(root) => {
            for (at, table) in tables.iter_mut().enumerate() {
                if at == root {
                    table.role = Role::Root;
                }
            }
            let key = tables.get(root).and_then(|it| it.key.and_then(|key| it.columns.get(key.0 as usize))).cloned();
            for table in tables.iter_mut().filter(|table| table.is_ledger()) {
                if let (Some(user), Some(key)) = (table.columns.first_mut(), &key) {
                    user.ty = key.ty.clone();
                }
            }
            if let Some(table) = tables.get(root)
                && table.key.is_none()
                && book.tables.get(root).is_some_and(|ast| ast.key.is_none())
                && let Some(span) = table.span
            {
                sink.push(
                    Diagnostic::error(BAD_TABLE, span, format!("the table `{}` says no `key`", table.name))
                        .help(format!("say which column identifies a user: `table {} key user_id {{`", table.name)),
                );
            }
            (Schema { tables, root: TableId(root as u32) }, true)
        }
        None => {
            let parent_is_wrong = parent.is_some_and(|parent| tables.iter().all(|table| table.name != parent));
            if let (true, Some(first), false) = (!free.is_empty(), book.tables.first(), parent_is_wrong) {
                sink.push(
                    Diagnostic::error(BAD_TABLE, first.name.span(), "it is not clear which table holds the users")
                        .help("call it `users`"),
                );
            }
            let root = Table {
                name: Symbol::new(ROOT),
                role: Role::Root,
                key: None,
                columns: vec![],
                from: None,
                declared: false,
                span: None,
            };
            tables.push(root);
            let root = TableId(tables.len() as u32 - 1);
            (Schema { tables, root }, free.is_empty())
        }
    }
}

fn table(ast: &ast::Table, sink: &mut Sink) -> Table {
    let mut columns: Vec<Column> = vec![];
    let mut seen: HashMap<&Symbol, Span> = HashMap::new();
    for column in ast.columns.iter().flatten() {
        if let Some(first) = seen.insert(&column.name.symbol, column.name.span()) {
            sink.push(
                Diagnostic::error(
                    DECLARED_TWICE,
                    column.name.span(),
                    format!("the column `{}` is declared twice", column.name.symbol),
                )
                .label(first, "declared here first")
                .help("take one of them out, or give it another name"),
            );
            continue;
        }
        columns.push(self::column(column, sink));
    }
    let mut find = |name: &Option<ast::Name>| {
        let name = name.as_ref()?;
        let at = columns.iter().position(|column| column.name == name.symbol);
        if at.is_none() && ast.columns.is_some() {
            let mut told = Diagnostic::error(
                BAD_TABLE,
                name.span(),
                format!("the table `{}` has no column `{}`", ast.name.symbol, name.symbol),
            );
            let names = columns.iter().map(|column| column.name.as_str());
            told = match nearest(&name.symbol, names) {
                Some(near) => told.help(format!("did you mean `{near}`?")).suggest(
                    format!("write `{near}`"),
                    name.span(),
                    near.to_owned(),
                ),
                None => told.help(format!("declare it: `{}: text`", name.symbol)),
            };
            sink.push(told);
        }
        at.map(|at| ColumnId(at as u32))
    };
    let (key, by, at) = (find(&ast.key), find(&ast.by), find(&ast.at));
    let from = match &ast.from {
        Some(ast::TableSource::File(text)) => Some(path(text, sink)),
        Some(ast::TableSource::Ledger(_)) | None => None,
    };
    if let (Some(_), Some(ast::TableSource::Ledger(place))) = (&ast.of, &ast.from) {
        return ledger(ast, place.0, sink);
    }
    let role = match &ast.of {
        Some(_) => Role::Children { by: by.unwrap_or(ColumnId(0)), at },
        None => Role::Reference,
    };
    Table { name: ast.name.symbol.clone(), role, key, columns, from, declared: true, span: Some(ast.name.span()) }
}

/// `table touches of users from ledger`: its columns are those that the state keeps of a decision. Whose it is stands in the
/// first, which has the type of the users' key.
fn ledger(ast: &ast::Table, from: Span, sink: &mut Sink) -> Table {
    let said = [&ast.by, &ast.at, &ast.key].into_iter().flatten().map(|name| name.span()).next();
    let said = said.or_else(|| ast.columns.iter().flatten().map(|column| column.name.span()).next());
    if let Some(said) = said {
        sink.push(
            Diagnostic::error(BAD_TABLE, said, "the ledger has columns of its own")
                .label(from, "the rows are the state's own decisions")
                .help(format!("write no more than `table {} of users from ledger`; its columns are decided_at, segment, do, channel, variant and stopped", ast.name.symbol)),
        );
    }
    let column = |name: &str, ty: Type, optional: bool| Column {
        name: Symbol::new(name),
        header: name.to_owned(),
        ty,
        optional,
        format: MomentFormat::Iso,
        source: Source::State,
        span: None,
    };
    let columns = vec![
        column("user", Type::Text, false),
        column("decided_at", Type::Timestamp, false),
        column("segment", Type::Text, false),
        column("do", Type::Text, false),
        column("channel", Type::Text, true),
        column("variant", Type::Text, true),
        column("stopped", Type::Text, true),
    ];
    Table {
        name: ast.name.symbol.clone(),
        role: Role::Children { by: ColumnId(0), at: Some(ColumnId(1)) },
        key: None,
        columns,
        from: None,
        declared: true,
        span: Some(ast.name.span()),
    }
}

fn column(ast: &ast::Column, sink: &mut Sink) -> Column {
    let ty = type_of(&ast.ty.base, ast.ty.place.0, sink).unwrap_or_else(|| meant_type(&ast.ty.base));
    let header = ast.header.as_ref().map_or_else(|| ast.name.symbol.to_string(), |text| text.value.clone());
    let mut format = MomentFormat::Iso;
    if let Some(written) = &ast.format {
        if !matches!(ty, Type::Date | Type::Timestamp) {
            sink.push(
                Diagnostic::error(
                    BAD_TABLE,
                    ast.ty.place.0,
                    format!("only moments are written `in` a form, and `{ty}` is none"),
                )
                .help("make it a `date` or a `timestamp`, or leave the `in …` out"),
            );
        }
        format = match written {
            ast::ColumnFormat::Strftime(text) => {
                if let Err(reason) = moment_text::check_format(&text.value) {
                    sink.push(
                        Diagnostic::error(BAD_TABLE, text.span(), format!("this form cannot be read: {reason}"))
                            .help("write it like `in \"%Y-%m-%d %H:%M:%S\"`"),
                    );
                }
                MomentFormat::Pattern(text.value.clone())
            }
            ast::ColumnFormat::Epoch(unit) => match unit.symbol.as_str() {
                "s" => MomentFormat::EpochSeconds,
                "ms" => MomentFormat::EpochMillis,
                "us" => MomentFormat::EpochMicros,
                other => {
                    sink.push(
                        Diagnostic::error(BAD_TABLE, unit.span(), format!("`{other}` is no unit of an epoch"))
                            .help("write `in epoch s`, `in epoch ms` or `in epoch us`"),
                    );
                    MomentFormat::EpochSeconds
                }
            },
        };
    }
    let span = Some(ast.name.span());
    Column { name: ast.name.symbol.clone(), header, ty, optional: ast.ty.optional, format, source: Source::Data, span }
}

/// A column whose type is wrong has none; what follows from that is not told.
pub(super) fn forget_wrong_types(checker: &mut Checker<'_>, book: &Book<'_>) {
    let root = checker.schema.root().name.clone();
    let written = book.tables.iter().filter(|table| table.name.symbol == root).flat_map(|table| &table.columns);
    let mut silent = Sink::new();
    for column in written.flatten() {
        if type_of(&column.ty.base, column.ty.place.0, &mut silent).is_none()
            && let Some(id) = checker.schema.root().find(&column.name.symbol)
            && let Some(ty) = checker.column_types.get_mut(id.0 as usize)
        {
            *ty = None;
        }
    }
}

fn type_of(name: &ast::TypeName, span: Span, sink: &mut Sink) -> Option<Type> {
    match name {
        ast::TypeName::List(element) => Some(Type::List(Box::new(type_of(element, span, sink)?))),
        ast::TypeName::Decimal(digits) => match digits.parse::<u8>() {
            Ok(scale) if scale <= 38 => Some(Type::Decimal(scale)),
            _ => {
                sink.push(
                    Diagnostic::error(UNKNOWN_TYPE, span, "a decimal has at most 38 digits after the point")
                        .help("write `decimal(2)` for money"),
                );
                None
            }
        },
        ast::TypeName::Word(word) => match word.symbol.as_str() {
            "text" => Some(Type::Text),
            "int" => Some(Type::Int),
            "float" => Some(Type::Float),
            "bool" => Some(Type::Bool),
            "date" => Some(Type::Date),
            "timestamp" => Some(Type::Timestamp),
            "duration" => Some(Type::Duration),
            other => {
                sink.push(unknown_type(other, word.span()));
                None
            }
        },
    }
}

/// The type that is proposed for one that there is not, so that uses of the column bring no mistakes of their own.
fn meant_type(name: &ast::TypeName) -> Type {
    match name {
        ast::TypeName::List(element) => Type::List(Box::new(meant_type(element))),
        ast::TypeName::Decimal(_) => Type::Decimal(2),
        ast::TypeName::Word(word) => match usual_type(&word.symbol).unwrap_or(&word.symbol) {
            "int" => Type::Int,
            "float" => Type::Float,
            "bool" => Type::Bool,
            "date" => Type::Date,
            "timestamp" => Type::Timestamp,
            "duration" => Type::Duration,
            "decimal(2)" => Type::Decimal(2),
            _ => Type::Text,
        },
    }
}

/// What is written for the word of another language, or for one that is misspelt.
fn usual_type(word: &str) -> Option<&'static str> {
    let usual = match word.to_lowercase().as_str() {
        "string" | "str" | "varchar" | "char" => Some("text"),
        "integer" | "bigint" | "long" | "number" => Some("int"),
        "double" | "real" => Some("float"),
        "boolean" => Some("bool"),
        "datetime" | "time" => Some("timestamp"),
        "decimal" | "money" | "numeric" => Some("decimal(2)"),
        _ => None,
    };
    usual.or_else(|| nearest(word, TYPES.iter().copied()))
}

fn unknown_type(word: &str, span: Span) -> Diagnostic {
    let told = Diagnostic::error(UNKNOWN_TYPE, span, format!("there is no type `{word}`"));
    match usual_type(word) {
        Some(near) => {
            told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near.to_owned())
        }
        None => {
            told.help("the types are text, int, decimal(2), float, bool, date, timestamp, duration and list of these")
        }
    }
}

/// `list …`
pub(super) fn lists(book: &Book<'_>) -> Vec<ir::List> {
    let list = |ast: &&ast::ListDeclaration| ir::List {
        name: ast.name.symbol.clone(),
        label: ast.label.as_ref().map(|label| label.value.clone()),
        from: ast.from.value.clone(),
        column: ast.column.as_ref().map(|column| column.symbol.to_string()),
        span: ast.name.span(),
    };
    book.lists.iter().map(list).collect()
}

/// `param …`, with what `--param` says.
pub(super) fn params(checker: &mut Checker<'_>, book: &Book<'_>, inputs: &Inputs) -> Vec<Option<ir::Param>> {
    for list in &book.lists {
        path(&list.from, checker.sink);
    }
    let mut params: Vec<Option<ir::Param>> = book.params.iter().map(|ast| checker.param(ast)).collect();
    for (name, text) in &inputs.params {
        let names = || book.params.iter().map(|ast| ast.name.symbol.as_str());
        let Some(at) = names().position(|known| known == name) else {
            let place = book.params.first().map_or(Span::default(), |ast| ast.name.span());
            let mut told =
                Diagnostic::error(BAD_PARAM, place, format!("--param: the rules have no parameter `{name}`"));
            told = match nearest(name, names()) {
                Some(near) => told.help(format!("did you mean `--param {near}={text}`?")),
                None if book.params.is_empty() => {
                    told.help(format!("declare it in the rules: `param {name} = {text}`; or leave `--param` out"))
                }
                None => told.help(format!("the parameters are {}", names().collect::<Vec<_>>().join(", "))),
            };
            checker.sink.push(told);
            continue;
        };
        if let Some(Some(param)) = params.get_mut(at) {
            match constant(text, &param.ty, &checker.zone) {
                Some((value, ty)) => (param.value, param.ty) = (value, ty),
                None => {
                    let message = format!("--param {name}={text}: `{text}` is not of the type of `{name}`");
                    let told = Diagnostic::error(BAD_PARAM, param.span, message)
                        .help(format!("write a value like the one in the rules, `{}`", checker.quoted_value(book, at)));
                    checker.sink.push(told);
                }
            }
        }
    }
    params
}

/// A constant typed on the command line, of a parameter's type.
fn constant(text: &str, ty: &Type, zone: &Zone) -> Option<(Value, Type)> {
    let mut sources = Sources::new();
    let mut sink = Sink::new();
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let bare_text = *ty == Type::Text && !text.starts_with('"');
    let id = sources.add("--param", if bare_text { quoted.as_str() } else { text });
    let tree = syntax::parse_expression(id, sources.get(id).text(), &mut sink)?;
    let inputs = Inputs::default();
    let rulebook = super::check_expression(&tree, &[], &sources, &inputs, &mut sink)?.0;
    let definition = rulebook.definitions.last()?;
    let ir::Body::Let(expr) = &definition.body else { return None };
    let value = fold(expr, zone)?;
    let same = definition.ty == *ty || alike(&definition.ty, ty);
    if !same {
        return None;
    }
    // A decimal may have more digits than the one in the rules: `3.5%` for `25%`.
    let ty = match (ty, &value) {
        (Type::Int, Value::Decimal(_) | Value::Float(_)) => return None,
        (Type::Decimal(own), Value::Decimal(given)) => Type::Decimal(given.scale.max(*own)),
        (ty, _) => ty.clone(),
    };
    let value = match ty {
        Type::Decimal(_) | Type::Float => crate::value::number::widen(&value, &ty),
        _ => value,
    };
    (value != Value::Missing).then_some((value, ty))
}

/// The value of an expression that reads nothing.
pub(super) fn fold(expr: &ir::Expr, zone: &Zone) -> Option<Value> {
    match &expr.kind {
        ExprKind::Constant(value) => Some(value.clone()),
        ExprKind::Negate(inner) => Some(crate::value::operator::negate(&fold(inner, zone)?)),
        ExprKind::Widen(inner) => Some(crate::value::number::widen(&fold(inner, zone)?, &expr.ty)),
        ExprKind::List(all) => {
            let values: Option<Vec<Value>> = all.iter().map(|it| fold(it, zone)).collect();
            Some(Value::List(values?.into()))
        }
        ExprKind::Sum { first, rest } => rest.iter().try_fold(fold(first, zone)?, |sum, (op, term, _)| {
            let term = fold(term, zone)?;
            Some(match op {
                ir::SumOp::Add => crate::value::operator::add(&sum, &term, zone),
                ir::SumOp::Subtract => crate::value::operator::subtract(&sum, &term, zone),
            })
        }),
        ExprKind::Product { first, rest } => rest.iter().try_fold(fold(first, zone)?, |product, (op, factor, _)| {
            let factor = fold(factor, zone)?;
            Some(match op {
                ir::ProductOp::Multiply => crate::value::operator::multiply(&product, &factor),
                ir::ProductOp::Divide => crate::value::operator::divide(&product, &factor),
            })
        }),
        _ => None,
    }
}

impl Checker<'_> {
    fn quoted_value(&self, book: &Book<'_>, at: usize) -> String {
        book.params.get(at).map(|ast| self.snippet(ast.value.span())).unwrap_or_default()
    }

    fn param(&mut self, ast: &ast::Param) -> Option<ir::Param> {
        let expr = self.lower(&ast.value, None)?;
        let zone = self.zone.clone();
        let Some(value) = fold(&expr, &zone) else {
            self.sink.push(
                Diagnostic::error(
                    BAD_PARAM,
                    ast.value.span(),
                    format!("the value of `{}` is not a constant", ast.name.symbol),
                )
                .help(format!("write a literal, or name what is computed by `let {} = …`", ast.name.symbol)),
            );
            return None;
        };
        Some(ir::Param {
            name: ast.name.symbol.clone(),
            label: ast.label.as_ref().map(|label| label.value.clone()),
            ty: expr.ty,
            value,
            span: ast.name.span(),
        })
    }
}
