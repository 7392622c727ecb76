//! Texts.

use std::collections::HashSet;

use crate::{
    ir::{DefinitionId, Expr, ExprKind, Function, Rulebook, TextTest},
    schema::ColumnId,
    source::Span,
    sql::{
        ast::{Literal, Sql},
        lower::{Lowering, patterns},
    },
    value::{Pattern, Type, Value},
};

impl Lowering<'_> {
    pub(crate) fn text_test(&mut self, test: TextTest, subject: &Expr, argument: &Expr) -> Sql {
        let (subject, argument) = (self.cased(subject, &[argument]), self.value(argument));
        match test {
            TextTest::Contains => self.dialect.contains(subject, argument),
            TextTest::StartsWith => self.dialect.starts_with(subject, argument),
            TextTest::EndsWith => self.dialect.ends_with(subject, argument),
        }
    }

    /// A text that is compared with others, or searched for them: where they are ASCII, `lower` and `upper` need not know the letters that
    /// become several, or hang on what is beside them.
    pub(crate) fn cased(&mut self, subject: &Expr, others: &[&Expr]) -> Sql {
        let ExprKind::Call { function: function @ (Function::Lower | Function::Upper), arguments } = &subject.kind
        else {
            return self.value(subject);
        };
        let plain = |other: &&Expr| match self.constant(other) {
            Some(Value::Text(text)) if text.is_ascii() => Some(vec![text.to_string()]),
            Some(Value::List(texts)) => {
                let each = texts.iter().map(|it| match it {
                    Value::Text(text) if text.is_ascii() => Some(text.to_string()),
                    _ => None,
                });
                each.collect()
            }
            _ => None,
        };
        let texts: Option<Vec<Vec<String>>> = others.iter().map(plain).collect();
        let (Some(texts), [text], None) = (texts, arguments.as_slice(), self.constant(subject)) else {
            return self.value(subject);
        };
        let (texts, text) = (texts.concat(), self.value(text));
        match function {
            Function::Lower => self.dialect.lower_beside(text, &texts),
            _ => self.dialect.upper_beside(text, &texts),
        }
    }

    pub(crate) fn matches(&mut self, subject: &Expr, pattern: &Pattern, span: Span) -> Sql {
        match patterns::spelled(pattern.source(), &self.dialect.patterns()) {
            Ok(spelled) => {
                let value = self.value(subject);
                let name = if let Sql::Column(_, name) = &value { Some(format!("{name}_matches")) } else { None };
                let matches = self.dialect.matches(value, spelled);
                match name.filter(|_| self.matched_again.contains(&matched(subject, pattern))) {
                    Some(name) => self.column_of(matches, &name, None),
                    None => matches,
                }
            }
            Err(what) => self.cannot(
                span,
                format!("a pattern with {what} is not written"),
                "say it with `contains`, `starts with` or `ends with`, or with a simpler pattern",
            ),
        }
    }

    /// `bucket(key, "salt", n)`
    pub(crate) fn bucket(&mut self, key: &Expr, salt: &Expr, parts: &Expr) -> Sql {
        let colon = |salt: Sql, this: &Self| match salt {
            Sql::Literal(Literal::Text(salt)) => Sql::text(salt + ":"),
            other => this.dialect.concat(other, Sql::text(":")),
        };
        let salt = self.value(salt);
        let key_value = self.value(key);
        let key = if key.ty == Type::Text { key_value } else { self.dialect.printed(key_value, &key.ty) };
        let hash = self.dialect.hash(self.dialect.concat(colon(salt, self), key));
        let parts = self.value(parts);
        let wide = Sql::cast(hash, self.dialect.wide());
        let narrow = match &parts {
            Sql::Literal(Literal::Int(parts)) if *parts <= 0 => return Sql::NULL,
            Sql::Literal(Literal::Int(parts)) if *parts < 1 << 31 => true,
            _ => false,
        };
        let Sql::Cast(_, hash, _) = wide.clone() else { return wide };
        let product = Sql::binary(if narrow { *hash } else { wide }, "*", parts.clone());
        let bucket = self.dialect.quotient(product, Sql::int(1_i64 << 32));
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        let bucket = if narrow { bucket } else { Sql::cast(bucket, int) };
        if parts.is_literal() { bucket } else { Sql::when(Sql::binary(parts, ">", Sql::int(0)), bucket) }
    }
}

/// A column that is asked whether it matches a pattern.
pub(crate) type Matched = (Option<ColumnId>, Option<DefinitionId>, String);

fn matched(subject: &Expr, pattern: &Pattern) -> Matched {
    let (column, definition) = match subject.kind {
        ExprKind::Column(id) | ExprKind::ChildColumn(id) => (Some(id), None),
        ExprKind::Definition(id) => (None, Some(id)),
        _ => (None, None),
    };
    (column, definition, pattern.source().to_owned())
}

/// What is asked more than once.
pub(super) fn matched_again(rulebook: &Rulebook) -> HashSet<Matched> {
    let (mut once, mut again) = (HashSet::new(), HashSet::new());
    let mut look = |expr: &Expr| {
        expr.each(&mut |it| {
            if let ExprKind::Matches { subject, pattern } = &it.kind {
                let matched = matched(subject, pattern);
                if !once.insert(matched.clone()) {
                    again.insert(matched);
                }
            }
        });
    };
    rulebook.definitions.iter().for_each(|it| it.body.each_expr(&mut look));
    rulebook.aggregates.iter().for_each(|it| it.each_expr(&mut look));
    again
}
