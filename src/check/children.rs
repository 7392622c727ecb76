//! Whether tables fit together: children point at the users by a column like their key, say when their rows happened in a
//! moment, and belong to the users themselves.

use super::{
    book::Book,
    words::{alike, is_moment},
};
use crate::{
    diagnostic::{Diagnostic, Sink, code::BAD_TABLE},
    schema::{Role, Schema},
    syntax::ast,
};

/// Looks at every declared table beside the users'.
pub(super) fn look(book: &Book<'_>, schema: &Schema, sink: &mut Sink) {
    let root = schema.root();
    for ast in &book.tables {
        let Some(table) = schema.find(&ast.name.symbol).map(|id| schema.table(id)) else { continue };
        let (name, span) = (&table.name, ast.name.span());
        if table.is_ledger() {
            continue;
        }
        match (&ast.of, &table.role) {
            (None, Role::Reference) => {
                if ast.key.is_none() {
                    sink.push(
                        Diagnostic::error(BAD_TABLE, span, format!("the table `{name}` says no `key`"))
                            .help(format!(
                                "a table beside the users' is looked up by its key: `table {name} key id {{`"
                            ))
                            .help(format!(
                                "if its rows belong to users, say so: `table {name} of {} by user_id {{`",
                                root.name
                            )),
                    );
                }
            }
            (None, _) => {}
            (Some(of), Role::Children { at, .. }) => {
                // A parent that is no table at all is told by itself.
                if of.symbol != root.name && schema.find(&of.symbol).is_some() {
                    sink.push(
                        Diagnostic::error(
                            BAD_TABLE,
                            of.span(),
                            format!("`{}` are no users, and have no rows of their own", of.symbol),
                        )
                        .help(format!("let `{name}` belong to the users: `table {name} of {} by …`", root.name)),
                    );
                    continue;
                }
                by_column(ast, schema, sink);
                if let (Some(at), Some(written)) = (at, &ast.at) {
                    let ty = &table.column(*at).ty;
                    if !is_moment(ty) {
                        sink.push(
                            Diagnostic::error(
                                BAD_TABLE,
                                written.span(),
                                format!(
                                    "`{}` is declared as `{ty}`, and `at` says when a row happened",
                                    written.symbol
                                ),
                            )
                            .help(format!("declare it as a moment: `{}: timestamp`, or `date`", written.symbol)),
                        );
                    }
                }
            }
            (Some(_), _) => {}
        }
    }
}

/// `by user_id`: there, and like the users' key.
fn by_column(ast: &ast::Table, schema: &Schema, sink: &mut Sink) {
    let (name, root) = (&ast.name.symbol, schema.root());
    let Some(by) = &ast.by else {
        sink.push(
            Diagnostic::error(
                BAD_TABLE,
                ast.name.span(),
                format!("the table `{name}` does not say whose its rows are"),
            )
            .help(format!("name the column that holds the user's key: `table {name} of {} by user_id`", root.name)),
        );
        return;
    };
    let table = schema.find(name).map(|id| schema.table(id));
    let column = table.and_then(|table| table.find(&by.symbol).map(|id| table.column(id)));
    if let (Some(column), Some(key)) = (column, root.key.map(|id| root.column(id)))
        && (!alike(&column.ty, &key.ty) || is_moment(&key.ty) && column.ty != key.ty)
    {
        let message =
            format!("`{}` is declared as `{}`, and the key of `{}` as `{}`", by.symbol, column.ty, root.name, key.ty);
        sink.push(
            Diagnostic::error(BAD_TABLE, by.span(), message)
                .help(format!("give both one type: `{}: {}`", by.symbol, key.ty)),
        );
    }
}
