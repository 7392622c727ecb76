//! Slips of the hand in a test: a word too many, one left out or in another place, what stands in the wrong brackets.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, declarations::misspelt, shown};
use crate::diagnostic::code;

/// What may stand behind a segment's name.
const FATES: [&str; 7] = ["entered", "left", "silent", "sends", "does", "holds", "stopped"];

impl Around<'_> {
    /// Slips around the records of a case, and what is expected of it.
    pub(super) fn slip_in_a_test(&self, this: &Token<'_>) -> Option<Mistake> {
        None.or_else(|| self.head_of_a_test(this))
            .or_else(|| self.before_a_record(this))
            .or_else(|| self.within_a_record(this))
            .or_else(|| self.behind_a_record(this))
            .or_else(|| self.around_then(this))
            .or_else(|| self.in_what_is_expected(this))
    }

    fn remove(&self, range: std::ops::Range<usize>, message: String) -> Mistake {
        Mistake::new(code::FOREIGN_FORM, range.clone(), message).help("remove it").suggest("remove it", range, "")
    }

    /// `test as of …`, `test "a": …`, `test "a" as-of …`, `test "a" { as of 2026-11-22 given …`
    fn head_of_a_test(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        let first = self.at == 1;
        if first && this.is("as") && self.next().is_some_and(|of| of.is("of")) {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "a test says in quotes what it shows")
                    .help("write it behind `test`: `test \"who is gone\" as of …`"),
            );
        }
        if self.at == 2 && this.is(":") {
            return Some(self.remove(this.range(), "no `:` stands behind the name of a test".to_owned()));
        }
        if previous.is("as") && this.is("-") && self.next().is_some_and(|of| of.is("of")) {
            let range = previous.start..self.next()?.end();
            return Some(
                Mistake::new(code::FOREIGN_FORM, range.clone(), "`as of` is two words").help("write `as of`").suggest(
                    "write `as of`",
                    range,
                    "as of",
                ),
            );
        }
        if previous.is("{") && this.is("as") && self.case_is_due() {
            let moment = self.token(2)?;
            let range = this.start..moment.end();
            let words = self.slice(range.clone());
            let mut mistake = Mistake::new(code::UNEXPECTED, range, "`as of` stands before the braces of a test")
                .help(format!("write it behind the name: `{words} {{`"))
                .suggest("put it behind the name", previous.start..previous.start, format!("{words} "));
            mistake.edits.push((this.start..self.token(3)?.start, String::new()));
            return Some(mistake);
        }
        None
    }

    fn case_is_due(&self) -> bool {
        self.expects_any(&[Rule::given, Rule::kw_given, Rule::case, Rule::first_entry])
    }

    fn expect_is_due(&self) -> bool {
        self.expects_any(&[Rule::expect, Rule::kw_expect])
    }

    /// `expect given { … } expect vip`, `{ expect vip }`, `user { … }`, `given user "u1" { … }`
    fn before_a_record(&self, this: &Token<'_>) -> Option<Mistake> {
        let next = self.next()?;
        if this.is("expect") && self.case_is_due() {
            return Some(match next.is("given") {
                true => self.remove(
                    this.start..next.start,
                    "`expect` stands behind the record, and `given` before it".to_owned(),
                ),
                false => Mistake::new(code::MISSING_WORD, this.range(), "a case says first what is given")
                    .help("write the record before it: `given { points: 3 } expect …`; `given { }` where nothing is")
                    .suggest("write an empty record", this.start..this.start, "given { } "),
            });
        }
        let labelled = next.kind == Kind::Text && self.token(2).is_some_and(|open| open.is("{"));
        let word = this.kind == Kind::Word;
        if word && self.case_is_due() && (next.is("{") || labelled) {
            return Some(self.instead(this, "given"));
        }
        let given = self.previous().is_some_and(|given| given.is("given"));
        (word && given && next.kind == Kind::Text)
            .then(|| self.remove(this.start..next.start, "the user's label stands behind `given`".to_owned()))
    }

    /// `{ points 5 }`, `{ param least = 4 }`, `orders: [ at: 3d ago ]`
    fn within_a_record(&self, this: &Token<'_>) -> Option<Mistake> {
        let open = self.open();
        let (previous, innermost) = (self.previous()?, open.last()?);
        if matches!(previous.text, "param" | "list") && this.kind == Kind::Word && self.expects(Rule::colon) {
            let word = previous.text;
            return Some(
                Mistake::new(code::UNEXPECTED, previous.start..this.end(), format!("no record holds a `{word}`"))
                    .help(format!("write it behind the record: `given {{ … }} with {word} {} = …`", this.text)),
            );
        }
        if self.expects(Rule::colon) && innermost.is("{") && open.len() > 1 && previous.kind == Kind::Word {
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`:` is left out before the value")
                    .help(format!("write `{}: {}`", previous.text, this.text))
                    .suggest("write `:` here", gap..gap, ":"),
            );
        }
        let at = self.tokens.iter().position(|token| token.start == innermost.start)?;
        let rows =
            innermost.is("[") && at.checked_sub(1).and_then(|at| self.tokens.get(at)).is_some_and(|it| it.is(":"));
        if this.is(":") && rows {
            let close = self.matching(at)?;
            let (begin, end) = (innermost.end(), close.start);
            let inner = self.slice(begin..end).trim();
            let mut mistake = Mistake::new(code::MISSING_WORD, begin..end, "each row stands in braces")
                .help(format!("write `[{{ {inner} }}]`"))
                .suggest("put it in braces", begin..begin, "{");
            mistake.edits.push((end..end, "}".to_owned()));
            return Some(mistake);
        }
        None
    }

    /// `} param least = 4 expect`, `} except vip`, `} then vip`, `} -> vip`, `}, "u2" { … }`
    fn behind_a_record(&self, this: &Token<'_>) -> Option<Mistake> {
        let next = self.next()?;
        if this.is("then") && self.previous()?.is("}") && !next.is("as") && next.kind != Kind::Number {
            return Some(self.instead(this, "expect"));
        }
        if !self.expect_is_due() {
            return None;
        }
        if matches!(this.text, "param" | "list") && next.kind == Kind::Word {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`with` is left out before what the case changes")
                    .help(format!("write `with {} {} = …`", this.text, next.text))
                    .suggest("write `with` here", this.start..this.start, "with "),
            );
        }
        if this.is(",") && next.kind == Kind::Text && self.token(2).is_some_and(|open| open.is("{")) {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "each record has a `given` of its own")
                    .help(format!("write `given {} {{`", next.text))
                    .suggest("write `given`", this.start..next.start, " given "),
            );
        }
        let arrow = this.is("-") && next.is(">") && next.start == this.end();
        if arrow || this.is(">=") || this.is("=>") {
            let range = this.start..if arrow { next.end() } else { this.end() };
            let behind = self.token(if arrow { 2 } else { 1 })?;
            let typed = shown(if this.is(">=") { "=>" } else { self.slice(range.clone()) });
            return Some(match behind.is("expect") {
                true => self.remove(range, format!("no {typed} stands before `expect`")),
                false => Mistake::new(code::FOREIGN_FORM, range.clone(), format!("{typed} is written `expect` here"))
                    .help("write `expect`")
                    .suggest("write `expect`", range, "expect"),
            });
        }
        if this.kind == Kind::Word && (this.is("except") || misspelt(this.text, &["expect"]).is_some()) {
            return Some(self.misspelt_word(this, "expect"));
        }
        None
    }

    /// `then given { … }`, `then after 2d`, `next as of …`
    fn around_then(&self, this: &Token<'_>) -> Option<Mistake> {
        let then = self.previous().is_some_and(|then| then.is("then"));
        if then && matches!(this.text, "given" | "expect" | "after" | "in" | "on" | "at") {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "a diary goes on at a moment that is written out").help(
                    "write `then as of 2026-12-22 …`, with the moment that it then is; a case of its own begins by `given`",
                ),
            );
        }
        let goes_on =
            self.next().is_some_and(|next| next.is("as")) && self.expects_any(&[Rule::then_entry, Rule::kw_then]);
        (goes_on && this.kind == Kind::Word).then(|| self.instead(this, "then"))
    }

    /// What goes wrong behind `expect`.
    fn in_what_is_expected(&self, this: &Token<'_>) -> Option<Mistake> {
        let before = self.tokens.get(..self.at)?;
        let began =
            before.iter().rfind(|it| it.kind == Kind::Word && matches!(it.text, "expect" | "given" | "then"))?;
        if !began.is("expect") || self.open().len() != 1 {
            return None;
        }
        let previous = self.previous()?;
        let begins = |token: &Token<'_>| token.is("expect") || token.is(",");
        let first = self.token(-2).is_some_and(begins);
        if previous.is("expect") && this.is("{") {
            let close = self.matching(self.at)?;
            let mut mistake = Mistake::new(code::FOREIGN_FORM, this.range(), "what is expected stands without braces")
                .help("write it bare, with commas between: `expect vip, membership = gold`")
                .suggest("remove the braces", this.start..self.next()?.start, "");
            mistake.edits.push((self.end_before(close)..close.end(), String::new()));
            return Some(mistake);
        }
        if previous.is(",") && (this.is("}") || matches!(this.text, "given" | "then")) {
            return Some(self.remove(previous.range(), "nothing more is expected behind this comma".to_owned()));
        }
        if previous.kind == Kind::Text && first && this.kind == Kind::Word && self.expects(Rule::colon) {
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`:` is left out behind the user's label")
                    .help(format!("write `{}: {}`", previous.text, this.text))
                    .suggest("write `:` here", gap..gap, ":"),
            );
        }
        if previous.is("no") && first && this.kind == Kind::Word {
            return Some(self.instead(previous, "not"));
        }
        if this.is("for") && first && self.next()?.kind == Kind::Text {
            let label = self.next()?;
            let written = format!("{}: {}", label.text, previous.text);
            return Some(
                Mistake::new(code::UNEXPECTED, this.start..label.end(), "the user's label stands first")
                    .help(format!("write `{written}`"))
                    .suggest("put it first", previous.start..label.end(), written),
            );
        }
        if self.is_override(this) {
            return self.override_behind(this, began);
        }
        let declares =
            matches!(previous.text, "tag" | "level" | "layer" | "score" | "segment" | "let" | "funnel" | "metric");
        if declares && first && this.kind == Kind::Word {
            return Some(
                self.remove(
                    previous.start..this.start,
                    format!("what is declared is named without `{}`", previous.text),
                ),
            );
        }
        if let Some(mistake) = self.fate_of_a_segment(this, previous, first) {
            return Some(mistake);
        }
        let ends = previous.kind == Kind::Text || !self.expects_operand() && super::ends_operand(previous);
        let begins_another = matches!(this.kind, Kind::Word | Kind::Text)
            && (this.is("not") || !super::words::is_reserved(this.text))
            && !matches!(this.text, "given" | "then" | "with" | "expect");
        (ends && begins_another).then(|| {
            let gap = previous.end();
            Mistake::new(code::MISSING_WORD, this.range(), "a comma is left out before what else is expected")
                .help(format!("write `, {}`", this.text))
                .suggest("write `,` here", gap..gap, ",")
        })
    }

    /// Where the token before one ends.
    fn end_before(&self, token: &Token<'_>) -> usize {
        self.tokens.iter().rfind(|it| it.start < token.start).map_or(token.start, Token::end)
    }

    fn is_override(&self, this: &Token<'_>) -> bool {
        this.is("with") && self.next().is_some_and(|next| matches!(next.text, "param" | "list"))
    }

    /// `expect vip with param least = 4`
    fn override_behind(&self, this: &Token<'_>, expect: &Token<'_>) -> Option<Mistake> {
        let mut depth = 0_usize;
        let mut end = this.end();
        for token in self.tokens.get(self.at..)? {
            match token.text {
                "[" | "{" | "(" if token.kind == Kind::Sign => depth += 1,
                "]" | "}" | ")" if token.kind == Kind::Sign && depth == 0 => break,
                "]" | "}" | ")" if token.kind == Kind::Sign => depth -= 1,
                "given" | "then" if token.kind == Kind::Word && depth == 0 => break,
                _ => {}
            }
            end = token.end();
        }
        let words = self.slice(this.start..end);
        let mut mistake = Mistake::new(code::UNEXPECTED, this.start..end, "what a case changes stands before `expect`")
            .help(format!("write `{words} expect …`"))
            .suggest("put it before `expect`", expect.start..expect.start, format!("{words} "));
        mistake.edits.push((self.gap()..end, String::new()));
        Some(mistake)
    }

    /// `s send sms "hi"`, `s is entered`, `entered s`, `s not entered`, `s stopped cooldown`, `s sends "hi"`
    fn fate_of_a_segment(&self, this: &Token<'_>, previous: &Token<'_>, first: bool) -> Option<Mistake> {
        let second = self.token(-2)?;
        let is_fate = FATES.contains(&this.text);
        if is_fate && previous.is("is") {
            return Some(
                self.remove(previous.start..this.start, format!("`{}` stands behind the segment's name", this.text)),
            );
        }
        if is_fate && (previous.is("not") || second.is("not")) {
            let name = if previous.is("not") { second.text } else { previous.text };
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "what does not happen is not denied")
                    .help(format!("write `not {name}` of who is not in it, `{name} silent` where nothing is done")),
            );
        }
        if previous.is("stopped") && matches!(this.text, "require" | "limit" | "cooldown" | "once" | "at" | "channel") {
            return Some(self.left_out(this, "by ", "`by` is left out before the reason"));
        }
        if previous.is("sends") && this.kind == Kind::Text {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "by which channel is left out")
                    .help(format!("write it before the text: `sends sms {}`", this.text)),
            );
        }
        if second.is("sends")
            && this.kind == Kind::Word
            && !matches!(this.text, "at" | "not" | "given" | "then" | "with")
        {
            let written = format!("\"{}\"", this.text);
            return Some(
                Mistake::new(code::BAD_NAME, this.range(), "a text stands in quotes")
                    .help(format!("write the whole text in quotes: `{written}`"))
                    .suggest("put it in quotes", this.range(), written),
            );
        }
        let meant = |word: &str| {
            Some(match word {
                "send" | "sent" => "sends",
                "enter" | "enters" | "joined" | "joins" => "entered",
                "leave" | "leaves" | "exit" | "exits" | "exited" => "left",
                "do" | "did" => "does",
                "hold" | "held" => "holds",
                "nothing" | "quiet" | "silence" => "silent",
                "stop" | "stops" | "blocked" => "stopped",
                _ => return None,
            })
        };
        if previous.kind == Kind::Word && first && this.kind == Kind::Word {
            if let Some(word) = meant(this.text).or_else(|| misspelt(this.text, &FATES)) {
                return Some(self.instead(this, word));
            }
            let fate = meant(previous.text).unwrap_or(previous.text);
            if matches!(fate, "entered" | "left" | "silent") {
                let written = format!("{} {fate}", this.text);
                let range = previous.start..this.end();
                return Some(
                    Mistake::new(code::UNEXPECTED, range.clone(), "the segment's name comes first")
                        .help(format!("write `{written}`"))
                        .suggest(format!("write `{written}`"), range, written),
                );
            }
        }
        None
    }
}
