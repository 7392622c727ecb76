//! Texts.

use crate::{
    ir::{Expr, ExprKind, Function, TextTest},
    source::Span,
    sql::{
        ast::{Literal, Sql},
        lower::{Lowering, patterns},
    },
    value::{Pattern, Value},
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
                let subject = self.value(subject);
                self.dialect.matches(subject, spelled)
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
        let key = self.dialect.printed(key_value, &key.ty);
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
        let int = self.dialect.ty(&crate::value::Type::Int).unwrap_or_default();
        let bucket = if narrow { bucket } else { Sql::cast(bucket, int) };
        if parts.is_literal() { bucket } else { Sql::when(Sql::binary(parts, ">", Sql::int(0)), bucket) }
    }
}
