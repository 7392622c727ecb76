//! Brackets that do not pair.

use super::{Around, Kind, Mistake, Token};
use crate::diagnostic::code;

fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

impl Around<'_> {
    pub(super) fn bracket(&self) -> Option<Mistake> {
        let open = self.open();
        let Some(this) = self.this() else { return self.unclosed(&open) };
        if this.kind != Kind::Sign || !matches!(this.text, ")" | "]" | "}") {
            return None;
        }
        let Some(last) = open.last() else {
            return Some(
                Mistake::new(code::STRAY_BRACKET, this.range(), format!("`{}` closes nothing", this.text))
                    .help("remove it, or open a bracket before it")
                    .suggest("remove it", this.range(), ""),
            );
        };
        let close = closer(last.text);
        if close == this.text {
            return None;
        }
        if last.is("{") || this.is("}") && open.len() > 1 {
            // `(a, b }` leaves the round bracket open; the brace closes its block.
            if this.is("}") {
                return self.unclosed(&open.iter().rev().take_while(|it| !it.is("{")).copied().collect::<Vec<_>>());
            }
            return Some(
                Mistake::new(code::STRAY_BRACKET, this.range(), format!("`{}` closes nothing", this.text))
                    .help("remove it, or open a bracket before it")
                    .suggest("remove it", this.range(), ""),
            );
        }
        Some(
            Mistake::new(code::STRAY_BRACKET, this.range(), format!("`{}` does not close `{}`", this.text, last.text))
                .label(last.range(), "opened here")
                .help(format!("write `{close}`"))
                .suggest(format!("write `{close}`"), this.range(), close),
        )
    }

    /// The innermost bracket that is open at the end, or where a brace closes.
    fn unclosed(&self, open: &[&Token<'_>]) -> Option<Mistake> {
        let last = open.iter().max_by_key(|open| open.start)?;
        if self.this().is_none()
            && self.expects_operand()
            && self.previous().is_some_and(|previous| previous.start != last.start)
        {
            return None;
        }
        let close = closer(last.text);
        let gap = self.gap();
        let after = self.previous().map_or("", |previous| previous.text);
        Some(
            Mistake::new(code::UNCLOSED_BRACKET, last.range(), format!("`{}` is never closed", last.text))
                .label(gap..gap, format!("`{close}` is expected here at the latest"))
                .help(match close {
                    "}" => "type `}` where the block ends".to_owned(),
                    close => format!("type `{close}` where it ends, after `{after}` at the latest"),
                })
                .suggest(format!("close it with `{close}`"), gap..gap, close),
        )
    }
}
