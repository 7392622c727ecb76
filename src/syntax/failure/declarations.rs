//! What does not begin a declaration, and the words that each must have.

use super::{
    super::{grammar::Rule, words},
    Around, Kind, Mistake, Token, as_name, shown,
};
use crate::diagnostic::code;

/// The word of `candidates` that `typed` misspells.
pub(super) fn misspelt<'c>(typed: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let lower = typed.to_lowercase();
    let length = lower.chars().count();
    let far = match length {
        0..3 => return candidates.iter().find(|it| **it == lower && lower != typed).copied(),
        3..5 => 1,
        _ => 2,
    };
    let near =
        candidates.iter().map(|it| (strsim::osa_distance(&lower, it), *it)).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= far && near.1 != typed).then_some(near.1)
}

/// `when购买次数`: the word of the language, where the rest cannot be part of one.
pub(super) fn glued<'c>(typed: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let fits = |word: &&&str| {
        typed
            .strip_prefix(**word)
            .is_some_and(|rest| rest.starts_with(|it: char| !it.is_ascii() || it.is_ascii_digit()))
    };
    candidates.iter().filter(fits).max_by_key(|word| word.len()).copied()
}

impl Around<'_> {
    pub(super) fn declaration(&self) -> Option<Mistake> {
        let this = self.this()?;
        if self.at == 0 {
            return self.begins(this);
        }
        None.or_else(|| self.several_names(this))
            .or_else(|| self.foreign_word(this))
            .or_else(|| self.colon_before_a_label(this))
            .or_else(|| self.colon_before_when(this))
            .or_else(|| self.when(this))
            .or_else(|| self.equals(this))
            .or_else(|| self.quoted(this))
    }

    /// The first token begins no declaration.
    fn begins(&self, this: &Token<'_>) -> Option<Mistake> {
        if this.kind == Kind::Sign {
            if matches!(this.text, ")" | "]" | "}") {
                return Some(
                    Mistake::new(code::STRAY_BRACKET, this.range(), format!("`{}` closes nothing", this.text))
                        .help("remove it, or look for the bracket that should have opened before it")
                        .suggest("remove it", this.range(), ""),
                );
            }
            return None;
        }
        if let Some(word) = self.begins_by_word(this) {
            return Some(word);
        }
        let foreign =
            ["if", "select", "create", "insert", "rule", "when", "case", "def", "var", "const", "set", "define"];
        if foreign.contains(&this.text.to_lowercase().as_str()) {
            return Some(self.foreign_statement(this));
        }
        let next_is = |text: &str| self.next().is_some_and(|next| next.is(text));
        if next_is("when") || self.next().is_some_and(|next| next.kind == Kind::Text) {
            let written = as_name(this.text);
            return Some(
                Mistake::new(
                    code::MISSING_WORD,
                    this.range(),
                    format!("the word that says what {} is is left out", shown(this.text)),
                )
                .help(format!("write `tag {written}`"))
                .suggest("write `tag` before it", this.start..this.start, "tag "),
            );
        }
        if next_is("=") {
            return Some(
                Mistake::new(
                    code::MISSING_WORD,
                    this.range(),
                    format!("the word that says what {} is is left out", shown(this.text)),
                )
                .help(format!("write `let {}`", as_name(this.text)))
                .suggest("write `let` before it", this.start..this.start, "let "),
            );
        }
        let words = words::DECLARATIONS.join("`, `");
        Some(
            Mistake::new(code::UNEXPECTED, this.range(), format!("{} does not begin a declaration", shown(this.text)))
                .help(format!("a declaration begins with one of `{words}`")),
        )
    }

    fn begins_by_word(&self, this: &Token<'_>) -> Option<Mistake> {
        let named = self.next().is_some_and(|next| {
            matches!(next.kind, Kind::Word | Kind::Quoted | Kind::Text) && !words::is_reserved(next.text)
                || next.is("{")
        });
        if let Some(word) = glued(this.text, words::DECLARATIONS) {
            return Some(self.glued_word(this, word));
        }
        if let Some(word) =
            words::DECLARATIONS.iter().find(|word| **word == this.text.to_lowercase() && **word != this.text)
        {
            return Some(self.capitalised(this, word));
        }
        let word = misspelt(this.text, words::DECLARATIONS).filter(|_| named)?;
        Some(self.misspelt_word(this, word))
    }

    pub(super) fn glued_word(&self, this: &Token<'_>, word: &str) -> Mistake {
        let gap = this.start + word.len();
        let rest = this.text.get(word.len()..).unwrap_or("");
        Mistake::new(code::GLUED_KEYWORD, this.start..gap, format!("a space is missing after `{word}`"))
            .help(format!("write `{word} {rest}`"))
            .fix(format!("put a space after `{word}`"), gap..gap, " ")
    }

    pub(super) fn capitalised(&self, this: &Token<'_>, word: &str) -> Mistake {
        Mistake::new(code::CAPITALISED, this.range(), format!("`{word}` is written in small letters"))
            .help(format!("write `{word}`"))
            .fix(format!("write `{word}`"), this.range(), word)
    }

    pub(super) fn misspelt_word(&self, this: &Token<'_>, word: &str) -> Mistake {
        Mistake::new(code::MISSPELT_WORD, this.range(), format!("unknown word {}", shown(this.text)))
            .help(format!("did you mean `{word}`?"))
            .suggest(format!("write `{word}`"), this.range(), word)
    }

    /// `if spend > 500 then tag vip`, `select user_id from users where …`
    fn foreign_statement(&self, this: &Token<'_>) -> Mistake {
        let after = |word: &str| self.tokens.iter().position(|token| token.text.eq_ignore_ascii_case(word));
        let slice = |from: usize, to: usize| {
            let (first, last) = (self.tokens.get(from), to.checked_sub(1).and_then(|to| self.tokens.get(to)));
            first.zip(last).map_or("", |(first, last)| self.slice(first.start..last.end()))
        };
        let lower = this.text.to_lowercase();
        let help = match lower.as_str() {
            "if" | "when" => match (after("then"), after("tag")) {
                (Some(then), Some(tag)) if then + 1 == tag => {
                    format!("write `tag {} when {}`", slice(tag + 1, tag + 2), slice(1, then))
                }
                _ => "write `tag NAME when CONDITION`: what it is comes first".to_owned(),
            },
            "select" => match after("where") {
                Some(at) => format!(
                    "write `tag NAME when {}`: a rule names those whom a condition holds for",
                    slice(at + 1, self.tokens.len())
                ),
                None => "write `tag NAME when CONDITION`: a rule names those whom a condition holds for".to_owned(),
            },
            "var" | "const" | "set" | "define" | "def" => "write `let NAME = EXPRESSION`".to_owned(),
            _ => "write `tag NAME when CONDITION`".to_owned(),
        };
        Mistake::new(code::FOREIGN_FORM, this.range(), format!("{} does not begin a declaration", shown(this.text)))
            .help(help)
    }

    /// A word of another spelling or language where one word is due.
    fn foreign_word(&self, this: &Token<'_>) -> Option<Mistake> {
        const PAIRS: &[(&str, Rule, &str)] = &[
            ("wenn", Rule::kw_when, "when"),
            ("for", Rule::kw_of, "of"),
            ("in", Rule::kw_of, "of"),
            ("of", Rule::kw_by, "by"),
            ("per", Rule::kw_by, "by"),
            ("on", Rule::kw_by, "by"),
            ("per", Rule::kw_within, "within"),
            ("in", Rule::kw_within, "within"),
            ("else", Rule::kw_otherwise, "otherwise"),
            ("default", Rule::kw_otherwise, "otherwise"),
            ("max", Rule::at_most_characters, "at most"),
            ("max", Rule::requirement, "at most"),
            ("max", Rule::kw_at, "at most"),
            ("elif", Rule::kw_else, "else if"),
            ("elsif", Rule::kw_else, "else if"),
            ("elseif", Rule::kw_else, "else if"),
        ];
        let of_table = self.tokens.first().is_some_and(|first| first.is("table"));
        if of_table && matches!(this.text, "for" | "in" | "belongs") && self.open().is_empty() {
            return Some(self.instead(this, "of"));
        }
        let (.., word) = PAIRS.iter().find(|(typed, rule, _)| this.is(typed) && self.expects(*rule))?;
        let mistake = self.instead(this, word);
        Some(mistake.certain_if(matches!(*word, "when" | "otherwise" | "else if")))
    }

    pub(super) fn instead(&self, this: &Token<'_>, word: &str) -> Mistake {
        let touches = |text: &str| text.starts_with(unicode_ident::is_xid_continue);
        let before = if self.slice(0..this.start).ends_with(unicode_ident::is_xid_continue) { " " } else { "" };
        let after = if touches(self.slice(this.end()..self.text.len())) { " " } else { "" };
        Mistake::new(code::FOREIGN_FORM, this.range(), format!("{} is written `{word}` here", shown(this.text)))
            .help(format!("write `{word}`"))
            .suggest(format!("write `{word}`"), this.range(), format!("{before}{word}{after}"))
    }

    /// `tag vip, rich when …`
    fn several_names(&self, this: &Token<'_>) -> Option<Mistake> {
        let first = self.tokens.first().filter(|first| self.at == 2 && words::begins_declaration(first.text))?;
        let (name, other) = (self.previous()?, self.next()?);
        let names = [name, other].into_iter().all(|it| matches!(it.kind, Kind::Word | Kind::Quoted));
        (this.is(",") && names && !words::is_reserved(other.text)).then(|| {
            Mistake::new(code::UNEXPECTED, this.range(), format!("a `{}` has one name", first.text))
                .help(format!("write a `{0}` of its own for the other: `{0} {1} …`", first.text, other.text))
        })
    }

    /// `tag vip: "重要客户" when …`
    fn colon_before_a_label(&self, this: &Token<'_>) -> Option<Mistake> {
        let label = self.next().filter(|next| this.is(":") && next.kind == Kind::Text)?;
        let name = self.previous().filter(|name| matches!(name.kind, Kind::Word | Kind::Quoted))?;
        self.expects_any(&[Rule::label, Rule::text]).then(|| {
            let written = format!("{} {}", name.text, label.text);
            Mistake::new(code::FOREIGN_FORM, this.range(), "no `:` stands between a name and its label")
                .help(format!("write {}", shown(&written)))
                .fix("remove it", name.end()..label.start, " ")
        })
    }

    /// `tag vip: when …`
    fn colon_before_when(&self, this: &Token<'_>) -> Option<Mistake> {
        let when = self.next().filter(|next| this.is(":") && next.kind == Kind::Word)?;
        let due = self.expects_any(&[Rule::kw_when, Rule::when]) && !self.expects_operand();
        (due && (when.is("when") || super::tongue::is_when(when.text))).then(|| {
            Mistake::new(code::FOREIGN_FORM, this.range(), "no `:` stands before the condition").help("remove it").fix(
                "remove it",
                this.start..when.start,
                " ",
            )
        })
    }

    /// What stands where `when` is due.
    fn when(&self, this: &Token<'_>) -> Option<Mistake> {
        if !self.expects_any(&[Rule::kw_when, Rule::when]) || self.expects_operand() {
            return None;
        }
        // `points > 5: 10`: a condition stands where the points are due.
        let compared = self.token(-2).is_some_and(|it| matches!(it.text, ">" | ">=" | "<" | "<=" | "=" | "!=" | "=="));
        if self.within_declaration() == "score"
            && this.is(":")
            && compared
            && let Some(points) = self.next().filter(|next| next.kind == Kind::Number)
        {
            let number = points.text;
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.start..points.end(), "the points come before their condition")
                    .help(format!("write `{number} when …`, with the condition behind `when`")),
            );
        }
        let in_arm = self.open().last().is_some_and(|open| open.is("{"));
        if in_arm
            && (this.kind == Kind::Sign || self.expects_any(&[Rule::arm_from, Rule::kw_from]))
            && !matches!(this.text, ":" | "if" | "=" | "where")
        {
            return None;
        }
        if in_arm && self.expects_any(&[Rule::arm_from, Rule::kw_otherwise]) && this.is(":") {
            return None;
        }
        if matches!(this.text, "=" | ":" | "if" | "where" | "->" | "unless") && this.kind != Kind::Text {
            return Some(self.instead(this, "when").certain_if(!this.is("unless")));
        }
        if this.kind == Kind::Word
            && (misspelt(this.text, &["when"]).is_some() || glued(this.text, &["when"]).is_some())
        {
            return None;
        }
        let compares = |token: &Token<'_>| {
            matches!(token.text, "=" | "!=" | "<" | "<=" | ">" | ">=") || super::operators::is_test(token.text)
        };
        if in_arm {
            let asked = matches!(this.kind, Kind::Word | Kind::Quoted) && self.next().is_some_and(compares);
            let arm = self.previous().is_some_and(|it| matches!(it.kind, Kind::Word | Kind::Quoted | Kind::Text));
            return (asked && arm).then(|| self.when_left_out(this).certain_if(true));
        }
        // After a complete condition, or after a label, a condition that lacks its word.
        if this.is("{") {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "the condition is left out before the block")
                    .help("write `when` and a condition before `{`"),
            );
        }
        let begins_condition = matches!(this.kind, Kind::Word | Kind::Quoted | Kind::Number)
            && !self.label_without_quotes(this)
            || this.is("not")
            || this.is("(");
        (begins_condition
            && self.expects_any(&[Rule::label, Rule::text, Rule::kw_when, Rule::when])
            && self.at > 1
            && self.names_before())
        .then(|| {
            let asked = self.next().is_some_and(compares);
            self.when_left_out(this).certain_if(asked || this.is("not"))
        })
    }

    fn when_left_out(&self, this: &Token<'_>) -> Mistake {
        Mistake::new(code::MISSING_WORD, this.range(), "`when` is left out before the condition")
            .help(format!("write `when {}`", this.text))
            .suggest("write `when` here", this.start..this.start, "when ")
    }

    fn expects_label(&self) -> bool {
        self.expects_any(&[Rule::label, Rule::text]) && self.at >= 2
    }

    /// Whether only a declaration's name and label stand before this.
    fn names_before(&self) -> bool {
        self.at <= 3
    }

    /// `tag vip 重要客户 when …`
    pub(super) fn label_without_quotes(&self, this: &Token<'_>) -> bool {
        this.kind == Kind::Word
            && glued(this.text, &["when"]).is_none()
            && self.expects_label()
            && misspelt(this.text, &self.expected_words()).is_none()
            && self.next().is_some_and(|next| match next.text {
                "=" => self.expects(Rule::equals),
                word => matches!(word, "when" | "{" | "by" | "from" | "on" | "otherwise"),
            })
    }

    fn equals(&self, this: &Token<'_>) -> Option<Mistake> {
        if self.expects(Rule::equals) && !self.expects_operand() {
            if matches!(this.text, "when" | ":" | "is" | "as") {
                return Some(self.instead(this, "="));
            }
            if self.label_without_quotes(this) {
                return None;
            }
            let begins = matches!(this.kind, Kind::Word | Kind::Quoted | Kind::Number | Kind::Text) || this.is("(");
            return (begins && !(this.kind == Kind::Text && self.expects_label())).then(|| {
                Mistake::new(code::MISSING_WORD, this.range(), "`=` is left out before the value")
                    .help(format!("write `= {}`", this.text))
                    .suggest("write `=` here", this.start..this.start, "= ")
            });
        }
        if self.expects(Rule::colon) && !self.expects_operand() && this.is("=") {
            return Some(self.instead(this, ":"));
        }
        None
    }

    /// A bare word where a text is due, and a text where a name is.
    fn quoted(&self, this: &Token<'_>) -> Option<Mistake> {
        let word = matches!(this.kind, Kind::Word | Kind::Quoted);
        let text_due =
            self.expects(Rule::text) && !self.expects_any(&[Rule::name, Rule::literal]) && !self.expects_operand();
        if word && (text_due && self.expected == [Rule::text] || self.label_without_quotes(this)) {
            let written = format!("\"{}\"", this.text.trim_matches('`'));
            let named = self.at == 2
                && self.tokens.first().is_some_and(|first| {
                    words::begins_declaration(first.text) && !matches!(first.text, "rulebook" | "test" | "snapshot")
                });
            let text_due = text_due && !named;
            let what = if text_due { "a text" } else { "a label" };
            let mut mistake = Mistake::new(code::BAD_NAME, this.range(), format!("{what} stands in quotes"))
                .help(format!("write `{written}`"));
            if let Some(name) = self.previous().filter(|_| !text_due) {
                let whole = format!("`{} {}`", name.text, this.text);
                mistake = mistake.help(format!("a name of two words stands in backticks: {}", shown(&whole)));
            }
            return Some(mistake.suggest("put it in quotes", this.range(), written));
        }
        None
    }
}
