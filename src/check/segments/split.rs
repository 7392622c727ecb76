//! `split "salt" { 45% noon send sms "A" … }`: shares of a whole, in buckets of 10,000.

use std::collections::HashMap;

use super::Deeds;
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_SPLIT, SAID_TWICE},
    },
    intern::Symbol,
    ir::{Share, TriggerBody},
    source::Span,
    syntax::ast::{self, ExprKind, Literal},
    value::{Type, Value, compare, operator},
};

/// Buckets of the whole.
const WHOLE: u32 = 10_000;

impl<'c> Deeds<'c, '_, '_> {
    pub(super) fn split(&mut self, salt: &ast::Text, written: &'c [ast::Share]) -> TriggerBody {
        if salt.value.is_empty() {
            self.checker.sink.push(
                Diagnostic::error(BAD_SPLIT, salt.span(), "the salt is empty")
                    .help("write a text of its own for each experiment, such as `split \"winback-1\"`"),
            );
        }
        let mut seen: HashMap<&Symbol, Span> = HashMap::new();
        let mut shares = vec![];
        let (mut from, mut whole) = (0, true);
        for share in written {
            if let Some(first) = seen.insert(&share.name.symbol, share.name.span()) {
                self.checker.sink.push(
                    Diagnostic::error(
                        SAID_TWICE,
                        share.name.span(),
                        format!("two shares are called `{}`", share.name.symbol),
                    )
                    .label(first, "called so here first")
                    .help("give each share a name of its own: results are told apart by it"),
                );
            }
            let buckets = self.buckets(&share.share);
            if let Some(ast::DeedChoice::Otherwise(place)) = &share.deed.choice {
                self.tell_no_otherwise(place.0, "a share is for all whom it falls to");
            }
            let deed = self.deed(&share.deed);
            let Some(buckets) = buckets else {
                whole = false;
                continue;
            };
            let to = u32::saturating_add(from, buckets);
            if let Some(deed) = deed {
                shares.push(Share { name: share.name.symbol.clone(), from, to, deed, span: share.place.0 });
            }
            from = to;
        }
        if whole && from != WHOLE {
            self.tell_no_whole(salt, written, from);
        }
        TriggerBody::Split { salt: salt.value.clone(), shares }
    }

    fn tell_no_whole(&mut self, salt: &ast::Text, written: &[ast::Share], sum: u32) {
        let Some(last) = written.last() else {
            self.checker.sink.push(
                Diagnostic::error(BAD_SPLIT, salt.span(), "this split has no shares")
                    .help("write each share with a name and a deed: `{ 90% all send sms \"…\"  10% control hold }`"),
            );
            return;
        };
        let span = last.share.span();
        let told = Diagnostic::error(BAD_SPLIT, span, format!("the shares add up to {}, not to 100%", percent(sum)));
        let own = self.buckets(&last.share).unwrap_or(0);
        let told = match WHOLE.checked_sub(sum - own.min(sum)) {
            Some(rest) if rest > 0 && sum < WHOLE => told
                .help(format!(
                    "{} are missing: hold them out by `{0} control hold`, or write `{}` here",
                    percent(WHOLE - sum),
                    percent(rest)
                ))
                .suggest(format!("write `{}`", percent(rest)), span, percent(rest)),
            Some(rest) if rest > 0 => told
                .help(format!("{} are too much: write `{}` here", percent(sum - WHOLE), percent(rest)))
                .suggest(format!("write `{}`", percent(rest)), span, percent(rest)),
            _ => told.help(format!("{} are too much: make shares smaller", percent(sum.saturating_sub(WHOLE)))),
        };
        self.checker.sink.push(told);
    }

    /// A share as buckets of the whole.
    fn buckets(&mut self, written: &ast::Expr) -> Option<u32> {
        let lowered = self.checker.lower(written, None)?;
        let (span, words) = (written.span(), self.checker.snippet(written.span()));
        let whole = Value::Int(i64::from(WHOLE));
        let value = self.settled(&lowered).map(|value| operator::multiply(&value, &whole));
        let told = match (&written.unparenthesised().kind, value) {
            (ExprKind::Literal(Literal::Number(number)), _) => {
                let fixed = format!("{}%", if number.starts_with("0.") { share_of(number) } else { number.clone() });
                Diagnostic::error(BAD_SPLIT, span, format!("a share is a percentage, and `{words}` has no `%`"))
                    .help(format!("write `{fixed}`"))
                    .suggest(format!("write `{fixed}`"), span, fixed.clone())
            }
            (_, Some(value)) if matches!(lowered.ty, Type::Decimal(_) | Type::Int) => {
                match exactly(&value, &self.checker.zone) {
                    Some(buckets) => return Some(buckets),
                    None => Diagnostic::error(BAD_SPLIT, span, format!("`{words}` is no share of the whole")).help(
                        "write a percentage from 0% to 100% with at most two digits behind the point, such as `12.25%`",
                    ),
                }
            }
            (_, _) => Diagnostic::error(BAD_SPLIT, span, format!("a share is a percentage, and `{words}` is none"))
                .help("write it out, such as `45%`, or name a `param`"),
        };
        self.checker.sink.push(told);
        None
    }
}

/// The whole number from 0 to [`WHOLE`] that a product is.
fn exactly(value: &Value, zone: &crate::value::Zone) -> Option<u32> {
    let whole = crate::value::number::to_f64(value)?.round();
    if !(0.0..=f64::from(WHOLE)).contains(&whole) {
        return None;
    }
    let found = whole as u32;
    compare::order(value, &Value::Int(i64::from(found)), zone).filter(|order| order.is_eq()).map(|_| found)
}

/// `0.45` as the digits of a percentage.
fn share_of(number: &str) -> String {
    let digits = number.trim_start_matches("0.");
    let (whole, rest) = digits.split_at(digits.len().min(2));
    let whole = format!("{whole:0<2}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
}

/// `45%`, `12.25%`
fn percent(buckets: u32) -> String {
    let (whole, rest) = (buckets / 100, buckets % 100);
    let rest = format!("{rest:02}");
    match rest.trim_end_matches('0') {
        "" => format!("{whole}%"),
        rest => format!("{whole}.{rest}%"),
    }
}
