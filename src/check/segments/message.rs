//! What is sent: a text or a template, its holes, and what its channel wants of it.

use super::{
    Deeds,
    conduct::Conduct,
    hole::{Hole, Piece},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{HOLE_MAY_BE_MISSING, HOLE_VALUE, NEEDLESS_FALLBACK, UNKNOWN_NAME},
        nearest,
    },
    ir::{Expr, ExprKind, Function, Message, MessagePart},
    source::Span,
    syntax::{self, ast},
    value::Type,
};

impl<'c> Deeds<'c, '_, '_> {
    /// A message of a deed whose `with` names are known by now.
    pub(super) fn message(&mut self, channel: &ast::Name, written: &'c ast::Message) -> Option<Message> {
        let conduct: &'c Conduct<'c> = self.conduct;
        let (text, template) = match written {
            ast::Message::Text(text) => (text, None),
            ast::Message::Template(name) => match conduct.template(&name.symbol) {
                Some(template) => {
                    self.sent.insert(name.symbol.clone());
                    (&template.text, Some(name))
                }
                None => return self.tell_no_template(name),
            },
        };
        let first = self.checker.sink.found().len();
        let mut parts = vec![];
        let mut whole = true;
        for piece in conduct.pieces(text) {
            match piece {
                Piece::Text(said) => parts.push(MessagePart::Text(said.clone())),
                Piece::Hole(hole) => match self.hole(hole) {
                    Some(part) => parts.push(part),
                    None => whole = false,
                },
            }
        }
        // Fixes are written into a quoted text.
        self.checker.sink.amend(first, syntax::escape);
        let span = template.map_or(text.span(), ast::Name::span);
        if whole {
            self.requirements(channel, text, &parts);
        }
        if template.is_some() {
            self.told_of_template(first, span);
        }
        whole.then(|| Message { template: template.map(|name| name.symbol.clone()), parts, span })
    }

    /// What is told of a template shows who sends it, and is told once, however many send it.
    fn told_of_template(&mut self, first: usize, sent: Span) {
        let already = self.told.clone();
        self.checker.sink.withdraw_since(first, |it| already.contains(&(it.primary.span, it.message.clone())));
        let told = &mut self.told;
        self.checker.sink.amend(first, |it| {
            told.insert((it.primary.span, it.message.clone()));
            it.labels.push(crate::diagnostic::Label { span: sent, message: "sent from here".into() });
        });
    }

    fn tell_no_template<T>(&mut self, name: &ast::Name) -> Option<T> {
        let names = self.conduct.template_names();
        let span = name.span();
        let quoted = crate::check::words::quoted_text(&name.symbol);
        let told = Diagnostic::error(UNKNOWN_NAME, span, format!("there is no template `{}`", name.symbol));
        self.checker.sink.push(match nearest(&name.symbol, names.iter().copied()) {
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near),
            None => told
                .help(format!("if it is the text itself, write it in quotes: `{quoted}`"))
                .help(format!("else declare it: `template {} \"…\"`", self.checker.words(span)))
                .suggest(format!("write `{quoted}`"), span, quoted.clone()),
        });
        None
    }

    fn hole(&mut self, hole: &Hole) -> Option<MessagePart> {
        let written = hole.value.as_ref()?;
        let value = self.checker.lower(written, None)?;
        self.can_be_said(written, &value)?;
        let missing = self.missing.of(&value, self.checker);
        let span = written.span();
        match &hole.fallback {
            None if missing => {
                let words = self.checker.snippet(span);
                let message = format!("`{words}` may be missing, and then this message has a hole");
                let instead = match value.ty {
                    Type::Date | Type::Timestamp => "soon",
                    Type::Int | Type::Decimal(_) | Type::Float => "some",
                    Type::Choice(_) => "member",
                    Type::Text | Type::Bool | Type::Duration | Type::List(_) => "friend",
                };
                self.checker.sink.push(Diagnostic::error(HOLE_MAY_BE_MISSING, span, message).help(format!(
                    "say what stands there instead: `{{{words}|{instead}}}`; `{{{words}|}}` is nothing"
                )));
                return None;
            }
            Some((_, place)) if !missing => {
                let message = format!("{} is never missing", self.checker.quoted(span));
                self.checker.sink.push(
                    Diagnostic::warning(NEEDLESS_FALLBACK, *place, message).help("take the fallback out").suggest(
                        "take the fallback out",
                        *place,
                        "",
                    ),
                );
            }
            None | Some(_) => {}
        }
        let fallback = hole.fallback.as_ref().map(|(text, _)| text.clone());
        Some(MessagePart::Hole { value, fallback })
    }

    /// Whether a value has one way to be said.
    fn can_be_said(&mut self, written: &ast::Expr, value: &Expr) -> Option<()> {
        let span = written.span();
        let words = self.checker.snippet(span);
        let kind = self.checker.kind(&value.ty);
        let told = |message: String| Diagnostic::error(HOLE_VALUE, span, message);
        let diagnostic = match &value.ty {
            Type::Text | Type::Int | Type::Decimal(_) | Type::Date | Type::Timestamp | Type::Choice(_) => return Some(()),
            Type::Float if self.is_rounded(value) => return Some(()),
            Type::Float => {
                let fixed = format!("round({}, 2)", self.checker.words(span));
                told(format!("`{words}` may have any number of digits"))
                    .help(format!("write how many: `{{round({words}, 2)}}`"))
                    .suggest(format!("write `{fixed}`"), span, fixed.clone())
            }
            Type::Bool => told(format!("`{words}` is {kind}, and a message has no word for it"))
                .help(format!("write a deed for each, `when {words}` and `otherwise`; or the words: `{{if {words} then \\\"yes\\\" else \\\"no\\\"}}`")),
            Type::Duration => told(format!("`{words}` is {kind}, and a message has no word for it"))
                .help(format!("say it in a unit: `{{floor({} / 1d)}} days`", in_parentheses(written, &words))),
            Type::List(_) => told(format!("`{words}` is {kind}, and a message says one value"))
                .help(format!("take one of them: `{{first({words})|…}}`")),
        };
        self.checker.sink.push(diagnostic);
        None
    }

    /// Whether a float has few digits.
    fn is_rounded(&self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Call { function: Function::Round, .. } => true,
            ExprKind::Call { function: Function::Min | Function::Max | Function::Clamp | Function::Abs, arguments } => {
                arguments.iter().all(|it| self.is_rounded(it))
            }
            ExprKind::Widen(inner) => inner.ty != Type::Float || self.is_rounded(inner),
            ExprKind::If { then, otherwise, .. } => self.is_rounded(then) && self.is_rounded(otherwise),
            ExprKind::Coalesce(all) => all.iter().all(|it| self.is_rounded(it)),
            ExprKind::Negate(inner) => self.is_rounded(inner),
            ExprKind::Constant(_) => true,
            ExprKind::Definition(id) => match self.definitions.get(id.0 as usize) {
                Some(Some(definition)) => match &definition.body {
                    crate::ir::Body::Let(value) => self.is_rounded(value),
                    _ => false,
                },
                _ => false,
            },
            _ => value.ty != Type::Float,
        }
    }
}

/// The words of an expression, as a factor of a product.
fn in_parentheses(written: &ast::Expr, words: &str) -> String {
    match written.kind {
        ast::ExprKind::Name(_) | ast::ExprKind::Call { .. } | ast::ExprKind::Field { .. } | ast::ExprKind::Paren(_) => {
            words.to_owned()
        }
        _ => format!("({words})"),
    }
}
