//! Declarations of data: rulebook, tables, parameters, lists, lets.

use pest::iterators::Pair;

use super::{
    super::{
        ast::{
            Column, ColumnFormat, ColumnType, Let, ListDeclaration, Name, Param, Rulebook, Table, TableSource, TypeName,
        },
        grammar::{Parts, Rule},
    },
    Builder,
};
use crate::diagnostic::{Diagnostic, code};

impl Builder<'_> {
    pub(super) fn rulebook(&mut self, mut parts: Parts<'_>) -> Rulebook {
        parts.pass(&[Rule::kw_rulebook]);
        let name = self.text(parts.need());
        parts.pass(&[Rule::kw_timezone]);
        Rulebook { name, timezone: parts.if_next(Rule::text).map(|text| self.text(text)) }
    }

    pub(super) fn table(&mut self, mut parts: Parts<'_>) -> Table {
        parts.pass(&[Rule::kw_table]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let mut table = Table { name, label, of: None, by: None, at: None, key: None, from: None, columns: None };
        for part in parts {
            let span = self.place(&part).0;
            let rule = part.as_rule();
            if rule == Rule::columns {
                table.columns = Some(self.columns(part));
                continue;
            }
            let mut inner = Parts::of(part);
            let word = inner.need();
            let value = inner.need();
            if rule == Rule::table_from {
                let from = match value.as_rule() {
                    Rule::text => TableSource::File(self.text(value)),
                    _ => TableSource::Ledger(self.place(&value)),
                };
                if table.from.replace(from).is_some() {
                    self.twice(word.as_str(), span);
                }
                continue;
            }
            let name = self.name(value);
            let slot = match rule {
                Rule::table_of => &mut table.of,
                Rule::table_by => &mut table.by,
                Rule::table_at => &mut table.at,
                _ => &mut table.key,
            };
            if slot.replace(name).is_some() {
                self.twice(word.as_str(), span);
            }
        }
        table
    }

    fn twice(&mut self, word: &str, span: crate::source::Span) {
        self.tell(
            Diagnostic::error(code::SAID_TWICE, span, format!("`{}` is said twice", word.trim()))
                .help("keep the one that is meant and remove the other"),
        );
    }

    fn columns(&mut self, pair: Pair<'_, Rule>) -> Vec<Column> {
        Parts::of(pair).filter(|part| part.as_rule() == Rule::column).map(|column| self.column(column)).collect()
    }

    fn column(&mut self, pair: Pair<'_, Rule>) -> Column {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(parts.need());
        parts.pass(&[Rule::colon]);
        let ty = self.column_type(parts.need());
        let header = parts.if_next(Rule::column_from).map(|from| {
            let mut inner = Parts::of(from);
            inner.pass(&[Rule::kw_from]);
            self.text(inner.need())
        });
        let format = parts.if_next(Rule::column_in).map(|format| {
            let mut inner = Parts::of(format);
            inner.pass(&[Rule::kw_in]);
            match inner.if_next(Rule::text) {
                Some(text) => ColumnFormat::Strftime(self.text(text)),
                None => {
                    inner.pass(&[Rule::kw_epoch]);
                    ColumnFormat::Epoch(self.name(inner.need()))
                }
            }
        });
        Column { name, ty, header, format, place }
    }

    fn column_type(&mut self, pair: Pair<'_, Rule>) -> ColumnType {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let base = self.type_name(parts.need());
        ColumnType { base, optional: parts.if_next(Rule::optional).is_some(), place }
    }

    fn type_name(&mut self, pair: Pair<'_, Rule>) -> TypeName {
        let mut parts = Parts::of(pair);
        let mut lists = 0;
        while parts.if_next(Rule::list_of).is_some() {
            lists += 1;
        }
        let pair = parts.need();
        let mut name = match pair.as_rule() {
            Rule::decimal_type => {
                let mut inner = Parts::of(pair);
                inner.pass(&[Rule::kw_decimal]);
                TypeName::Decimal(inner.need().as_str().to_owned())
            }
            _ => TypeName::Word(self.name(pair)),
        };
        for _ in 0..lists {
            name = TypeName::List(Box::new(name));
        }
        name
    }

    pub(super) fn param(&mut self, parts: Parts<'_>) -> Param {
        let Let { name, label, value } = self.let_declaration(parts);
        Param { name, label, value }
    }

    pub(super) fn list_declaration(&mut self, mut parts: Parts<'_>) -> ListDeclaration {
        parts.pass(&[Rule::kw_list]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        parts.pass(&[Rule::kw_from]);
        let from = self.text(parts.need());
        parts.pass(&[Rule::kw_column]);
        let column: Option<Name> = parts.if_next(Rule::name).map(|name| self.name(name));
        ListDeclaration { name, label, from, column }
    }

    pub(super) fn let_declaration(&mut self, mut parts: Parts<'_>) -> Let {
        parts.pass(&[Rule::kw_let, Rule::kw_param]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        parts.pass(&[Rule::equals]);
        Let { name, label, value: self.expression(parts.need()) }
    }
}
