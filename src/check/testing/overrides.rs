//! `with param churn_after = 45d, list blocked = ["u1"]`: what a case changes around the rules.

use std::sync::Arc;

use super::{Lowering, given::is_empty_list};
use crate::{
    check::{declare::fold, names::Meaning, words::alike},
    diagnostic::{
        Diagnostic,
        code::{BAD_OVERRIDE, UNKNOWN_NAME},
        nearest,
    },
    ir::{ListId, ParamId},
    syntax::ast::{self, Override},
    value::{Type, Value, literal},
};

/// Values of parameters, and the texts of lists.
type Overrides = (Vec<(ParamId, Value)>, Vec<(ListId, Vec<Arc<str>>)>);

impl Lowering<'_, '_> {
    /// What one entry changes; what is wrong is told and left out.
    pub(super) fn overrides(&mut self, written: &[Override]) -> Overrides {
        let (mut params, mut lists) = (vec![], vec![]);
        for it in written {
            match it {
                Override::Param(name, value) => params.extend(self.param(name, value)),
                Override::List(name, value) => lists.extend(self.list(name, value)),
            }
        }
        (params, lists)
    }

    fn param(&mut self, name: &ast::Name, value: &ast::Expr) -> Option<(ParamId, Value)> {
        let Some(Meaning::Param(id)) = self.checker.names.get(&name.symbol) else {
            self.tell_no_such("parameter", name, |meaning| matches!(meaning, Meaning::Param(_)));
            return None;
        };
        if let Some(place) = self.checker.settled.get(&id).copied() {
            let message = format!("no case changes `{}`: a deed takes it once and for all", name.symbol);
            self.checker.sink.push(
                Diagnostic::error(BAD_OVERRIDE, name.span(), message)
                    .label(place, "taken here")
                    .help("take it out here, and test with the value that the `param` is declared with"),
            );
            return None;
        }
        let ty = self.checker.params.get(id.0 as usize)?.as_ref()?.ty.clone();
        if is_empty_list(value) {
            let help = "write a constant like the one that the parameter is declared with";
            let message = format!("`[]` is not of the type of `{}`, which is `{ty}`", name.symbol);
            self.checker.sink.push(Diagnostic::error(BAD_OVERRIDE, value.span(), message).help(help));
            return None;
        }
        let lowered = self.checker.lower(value, Some(&ty))?;
        let zone = self.checker.zone.clone();
        let found = fold(&lowered, &zone).filter(|value| *value != Value::Missing && alike(&lowered.ty, &ty));
        match found.map(|value| literal::from_written(&value, &ty, &zone)) {
            Some(Ok(value)) => Some((id, value)),
            Some(Err(_)) | None => {
                let message = format!(
                    "{} is not of the type of `{}`, which is `{ty}`",
                    self.checker.quoted(value.span()),
                    name.symbol
                );
                let told = Diagnostic::error(BAD_OVERRIDE, value.span(), message);
                self.checker.sink.push(match self.as_the_type_is_written(value, &ty) {
                    Some((help, text)) => told.help(help).suggest(format!("write `{text}`"), value.span(), text),
                    None if matches!(ty, Type::Decimal(_)) && matches!(lowered.ty, Type::Decimal(_)) => {
                        told.help(format!("declare `{}` with as many digits after the point", name.symbol))
                    }
                    None => told.help("write a constant like the one that the parameter is declared with"),
                });
                None
            }
        }
    }

    /// `90` for a length of time, `"90h"` for `90h`: what was probably meant, and how it is said.
    fn as_the_type_is_written(&self, value: &ast::Expr, ty: &Type) -> Option<(String, String)> {
        match &value.unparenthesised().kind {
            ast::ExprKind::Literal(ast::Literal::Number(number)) if *ty == Type::Duration => {
                Some((format!("write a unit: `{number}d` for days, `{number}h` for hours"), format!("{number}d")))
            }
            ast::ExprKind::Literal(ast::Literal::Text(text)) => {
                literal::from_text(text, ty, &self.checker.zone).ok()?;
                Some((format!("write it without quotes: `{text}`"), text.clone()))
            }
            _ => None,
        }
    }

    fn list(&mut self, name: &ast::Name, value: &ast::Expr) -> Option<(ListId, Vec<Arc<str>>)> {
        let Some(Meaning::List(id)) = self.checker.names.get(&name.symbol) else {
            self.tell_no_such("list", name, |meaning| matches!(meaning, Meaning::List(_)));
            return None;
        };
        if is_empty_list(value) {
            return Some((id, vec![]));
        }
        let lowered = self.checker.lower(value, Some(&Type::List(Box::new(Type::Text))))?;
        let zone = self.checker.zone.clone();
        let texts = match fold(&lowered, &zone) {
            Some(Value::List(values)) => values
                .iter()
                .map(|value| match value {
                    Value::Text(text) => Some(Arc::clone(text)),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        if let Some(texts) = texts {
            return Some((id, texts));
        }
        let message = format!("{} is no list of texts", self.checker.quoted(value.span()));
        let help = format!("write `list {} = [\"u1\", \"u2\"]`; an empty one is `[]`", name.symbol);
        self.checker.sink.push(Diagnostic::error(BAD_OVERRIDE, value.span(), message).help(help));
        None
    }

    fn tell_no_such(&mut self, what: &str, name: &ast::Name, is: impl Fn(Meaning) -> bool) {
        let names = self.checker.names.of_meaning(is);
        let told = Diagnostic::error(UNKNOWN_NAME, name.span(), format!("there is no {what} `{}`", name.symbol));
        self.checker.sink.push(match nearest(&name.symbol, names.iter().map(String::as_str)) {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), name.span(), near)
            }
            None if names.is_empty() => told.help(format!("the rulebook declares no {what}: take this out")),
            None => told.help(format!("the rulebook has {}", names.join(", "))),
        });
    }
}
