//! What stands where a name is due.

use super::{
    super::{grammar::Rule, words},
    Around, Kind, Mistake, Token, as_name, shown,
};
use crate::diagnostic::code;

impl Around<'_> {
    /// `level membership { gold when points > 5000  else red }`
    fn else_before_its_value(&self, word: &Token<'_>) -> Option<Mistake> {
        let value = self.next().filter(|_| word.is("else") && !self.open().is_empty())?;
        if value.kind != Kind::Word || words::is_reserved(value.text) {
            return None;
        }
        let written = format!("{} otherwise", value.text);
        let message = "`else` is written `otherwise` here, after the value";
        Some(Mistake::new(code::FOREIGN_FORM, word.range(), message).help(format!("write `{written}`")).fix(
            format!("write `{written}`"),
            word.start..value.end(),
            written,
        ))
    }

    pub(super) fn name(&self) -> Option<Mistake> {
        let this = self.this()?;
        if let Some(mistake) = self.goes_on(this) {
            return Some(mistake);
        }
        let due = self.expects(Rule::name) || self.expects(Rule::column_name);
        let after_declaration_word =
            self.at == 1 && self.previous().is_some_and(|word| words::begins_declaration(word.text));
        let method = self.previous().is_some_and(|dot| dot.is(".")) && self.next().is_some_and(|open| open.is("("));
        if method || !due && !after_declaration_word {
            return None;
        }
        match this.kind {
            Kind::Text => {
                let inside = this.text.trim_matches('"');
                let written = as_name(inside);
                Some(
                    Mistake::new(code::BAD_NAME, this.range(), "a name stands without quotes")
                        .help(format!("write {}", shown(&written)))
                        .suggest("write the bare name", this.range(), written),
                )
            }
            Kind::Word if words::is_reserved(this.text) && (after_declaration_word || !self.expects_operand()) => {
                // `tag when …`, `let = …`: the name itself is left out.
                let left_out = this.is("when") || this.is("otherwise") && self.open().is_empty();
                if left_out {
                    return Some(
                        Mistake::new(
                            code::MISSING_WORD,
                            this.range(),
                            format!("a name is left out before `{}`", this.text),
                        )
                        .help("give it a name: `tag vip when …`"),
                    );
                }
                // `given { points: 3 then as of …`: the record is still open.
                if self.begins_an_instant(this) {
                    return None;
                }
                if let Some(mistake) = self.else_before_its_value(this) {
                    return Some(mistake);
                }
                let quoted = format!("`{}`", this.text);
                Some(
                    Mistake::new(
                        code::RESERVED_NAME,
                        this.range(),
                        format!("`{}` is a word of the language", this.text),
                    )
                    .help(format!(
                        "choose another name, such as `{}_`, or write it in backticks: {}",
                        this.text,
                        shown(&quoted)
                    ))
                    .suggest("write it in backticks", this.range(), quoted),
                )
            }
            Kind::Number => {
                let quoted = format!("`{}`", this.text);
                Some(
                    Mistake::new(code::BAD_NAME, this.range(), "a name does not begin with a digit")
                        .help(format!("write it in backticks: {}", shown(&quoted)))
                        .suggest("write it in backticks", this.range(), quoted),
                )
            }
            Kind::Word | Kind::Quoted | Kind::Sign => None,
        }
    }

    /// `tag win-back when …`: a name that a sign cuts off.
    fn goes_on(&self, this: &Token<'_>) -> Option<Mistake> {
        let name = self.previous()?;
        let declares = self.at == 2 && self.tokens.first().is_some_and(|first| words::begins_declaration(first.text));
        let joins = matches!(this.text, "-" | "." | "/" | "+" | "%" | "?")
            && this.kind == Kind::Sign
            && this.start == name.end();
        if !declares || !joins || name.kind != Kind::Word {
            return None;
        }
        let mut end = this.end();
        for token in self.tokens.get(self.at + 1..).unwrap_or(&[]) {
            if token.start != end
                || !matches!(token.kind, Kind::Word | Kind::Number | Kind::Sign)
                || matches!(token.text, "(" | "{" | ")" | "}")
            {
                break;
            }
            end = token.end();
        }
        let whole = name.start..end;
        let written = format!("`{}`", self.slice(whole.clone()));
        let plain: String = self
            .slice(whole.clone())
            .chars()
            .map(|it| if unicode_ident::is_xid_continue(it) { it } else { '_' })
            .collect();
        Some(
            Mistake::new(code::BAD_NAME, whole.clone(), "a name consists of letters, digits and `_`")
                .help(format!("write `{plain}`, or in backticks {}", shown(&written)))
                .suggest("write it in backticks", whole, written),
        )
    }
}
