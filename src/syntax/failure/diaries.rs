//! Tests, snapshots and funnels, written in the words and brackets of elsewhere.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, declarations::misspelt, shown, words};
use crate::diagnostic::code;

impl Around<'_> {
    pub(super) fn diary(&self) -> Option<Mistake> {
        let this = self.this()?;
        let own = match self.within_declaration() {
            "test" => self.in_a_test(this),
            "snapshot" => self.in_a_snapshot(this),
            "funnel" => self.in_a_funnel(this),
            _ => None,
        };
        own.or_else(|| self.brackets_for_braces(this))
    }

    /// A mend that puts a word before a token.
    pub(super) fn left_out(&self, this: &Token<'_>, word: &str, message: &str) -> Mistake {
        Mistake::new(code::MISSING_WORD, this.range(), message.to_owned())
            .help(format!("write `{word}{}`", this.text))
            .suggest(format!("write `{}` here", word.trim()), this.start..this.start, word)
    }

    fn in_a_test(&self, this: &Token<'_>) -> Option<Mistake> {
        None.or_else(|| self.record_never_closed(this))
            .or_else(|| self.colon_of_a_test(this))
            .or_else(|| self.expect_in_words(this))
            .or_else(|| self.test_without_braces(this))
            .or_else(|| self.given_left_out(this))
            .or_else(|| self.rows_without_a_list(this))
            .or_else(|| self.later_moment(this))
            .or_else(|| self.word_of_a_segment(this))
            .or_else(|| self.parameter_of_a_case(this))
            .or_else(|| self.slip_in_a_test(this))
    }

    /// `given { points: 3 expect rich`, where `expect` reads like a column; `given { expect 3, points: 3 }`, where every bracket has its
    /// other half, is a column without its colon
    fn record_never_closed(&self, this: &Token<'_>) -> Option<Mistake> {
        let open = self.open();
        let record = open.last().filter(|it| it.is("{"))?;
        let last = match self.previous()? {
            word if matches!(word.text, "expect" | "given" | "with") && !this.is(":") => self.token(-2)?,
            last if this.is("then") => last,
            _ => return None,
        };
        let outermost = self.tokens.iter().position(|token| open.first().is_some_and(|it| it.start == token.start))?;
        if (last.is("{") || last.is(",")) && self.matching(outermost).is_some() {
            return None;
        }
        let gap = last.end();
        let mistake = || {
            Mistake::new(code::UNCLOSED_BRACKET, record.range(), "`{` is never closed".to_owned())
                .label(gap..gap, "`}` is expected here at the latest")
        };
        // A bracket alone mends nothing there: nothing is expected of what is given.
        if self.begins_an_instant(this) {
            return Some(mistake().help("type `}` where the record ends, and what you `expect` before `then`"));
        }
        (open.len() > 1)
            .then(|| mistake().help("type `}` where the record ends").suggest("close it with `}`", gap..gap, " }"))
    }

    /// `then as of …`, which begins the next instant of a diary.
    pub(super) fn begins_an_instant(&self, this: &Token<'_>) -> bool {
        self.within_declaration() == "test" && this.is("then") && self.token(1).is_some_and(|next| next.is("as"))
    }

    /// `expect: rich`, `given "u1": { … }`, `expect u1: rich`
    fn colon_of_a_test(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous().filter(|_| this.is(":"))?;
        let after_word = matches!(previous.text, "expect" | "given" | "with") && previous.kind == Kind::Word;
        let after_label = previous.kind == Kind::Text && self.token(-2).is_some_and(|given| given.is("given"));
        if after_word || after_label {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), format!("no `:` stands after {}", shown(previous.text)))
                    .help("remove it")
                    .fix("remove it", this.range(), ""),
            );
        }
        let labels = self.token(-2).is_some_and(|before| before.is("expect") || before.is(","));
        let begins = self.tokens.iter().take(self.at).rposition(|token| token.is("given"));
        let labelled = begins.and_then(|at| self.tokens.get(at + 1)).is_some_and(|label| !label.is("{"));
        if labels && previous.kind == Kind::Word && !labelled {
            let value = self.next().map_or("…", |next| next.text);
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    this.range(),
                    "`:` stands behind a user's label, and no user here has one",
                )
                .help(format!("compare by `=`: `{} = {value}`", previous.text))
                .suggest("write `=`", this.range(), " ="),
            );
        }
        (labels && previous.kind == Kind::Word).then(|| {
            let written = format!("\"{}\"", previous.text);
            Mistake::new(code::BAD_NAME, previous.range(), "a user's label stands in quotes")
                .help(format!("write `{written}`"))
                .suggest("put it in quotes", previous.range(), written)
        })
    }

    /// `given { … } should be rich`
    fn expect_in_words(&self, this: &Token<'_>) -> Option<Mistake> {
        let known =
            matches!(this.text, "should" | "assert" | "expected" | "shall" | "must" | "gets" | "is" | "becomes");
        if !known || !self.expects_any(&[Rule::expect, Rule::kw_expect]) {
            return None;
        }
        let be = self.next().filter(|next| matches!(next.text, "be" | "have" | "get" | "to"));
        let range = this.start..be.map_or(this.end(), Token::end);
        let typed = self.slice(range.clone());
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{typed}` is written `expect` here"))
                .help("write `expect`")
                .suggest("write `expect`", range, "expect"),
        )
    }

    /// `test "r" given { … } expect rich`
    fn test_without_braces(&self, this: &Token<'_>) -> Option<Mistake> {
        if !this.is("given") || !self.open().is_empty() || !self.expects(Rule::brace) {
            return None;
        }
        let end = self.tokens.last()?.end();
        let mut mistake = Mistake::new(code::MISSING_WORD, this.range(), "`{` is left out before this")
            .help("put `{` before `given` and `}` at the end")
            .suggest("put braces around it", this.start..this.start, "{ ");
        mistake.edits.push((end..end, " }".to_owned()));
        Some(mistake)
    }

    /// `test "r" { { points: 6 } expect rich }`, `given "u1" { … } "u2" { … }`
    fn given_left_out(&self, this: &Token<'_>) -> Option<Mistake> {
        let record = this.is("{") || this.kind == Kind::Text && self.next().is_some_and(|open| open.is("{"));
        let due = self.expects_any(&[Rule::given, Rule::kw_given, Rule::case, Rule::first_entry]);
        (record && due).then(|| self.left_out(this, "given ", "`given` is left out before this record"))
    }

    /// `orders: { … }, { … }`, `orders: [{ … } { … }]`
    fn rows_without_a_list(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous().filter(|_| this.is("{"))?;
        if previous.is("}") && self.expects(Rule::list_end) {
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, this.start..this.end(), "a comma is left out between two rows")
                    .help("write `}, {`")
                    .fix("write `,` here", gap..gap, ","),
            );
        }
        if !previous.is(":") {
            return None;
        }
        let mut close = self.matching(self.at)?;
        let mut at = self.tokens.iter().position(|token| token.start == close.start)?;
        while let (Some(comma), Some(open)) = (self.tokens.get(at + 1), self.tokens.get(at + 2))
            && comma.is(",")
            && open.is("{")
        {
            close = self.matching(at + 2)?;
            at = self.tokens.iter().position(|token| token.start == close.start)?;
        }
        let range = this.start..close.end();
        let mut mistake = Mistake::new(code::LIST_BRACKETS, range.clone(), "a user's rows are a list")
            .help(format!("write `[{}]`", self.slice(range.clone())))
            .fix("put them in square brackets", range.start..range.start, "[");
        mistake.edits.push((range.end..range.end, "]".to_owned()));
        Some(mistake)
    }

    /// `then 2026-12-22 expect …`, `after 30d expect …`
    fn later_moment(&self, this: &Token<'_>) -> Option<Mistake> {
        let then = self.previous().is_some_and(|then| then.is("then"));
        if then && this.kind == Kind::Number {
            return Some(self.left_out(this, "as of ", "`as of` is left out before the moment"));
        }
        let later = matches!(this.text, "after" | "later" | "and" | "next")
            && self.expects_any(&[Rule::then_entry, Rule::kw_then]);
        let length = self.next().filter(|length| length.kind == Kind::Number && !length.text.contains('-'))?;
        later.then(|| {
            Mistake::new(code::FOREIGN_FORM, this.start..length.end(), "a later moment is written out")
                .help("write `then as of 2026-12-22 expect …`, with the moment that it then is")
        })
    }

    /// `expect win_back quiet`, `expect win_back send sms`
    fn word_of_a_segment(&self, this: &Token<'_>) -> Option<Mistake> {
        const WORDS: &[(&str, &str)] = &[
            ("quiet", "silent"),
            ("quite", "silent"),
            ("nothing", "silent"),
            ("send", "sends"),
            ("sent", "sends"),
            ("enter", "entered"),
            ("enters", "entered"),
            ("leave", "left"),
            ("leaves", "left"),
            ("exits", "left"),
            ("exited", "left"),
            ("do", "does"),
            ("did", "does"),
            ("hold", "holds"),
            ("held", "holds"),
            ("stops", "stopped"),
        ];
        let name = self.previous().filter(|name| name.kind == Kind::Word && !words::is_reserved(name.text))?;
        self.token(-2).filter(|before| before.is("expect") || before.is(",") || before.is(":"))?;
        let expected = self.tokens.iter().take(self.at).any(|it| it.is("expect"));
        if this.kind != Kind::Word || !expected || !self.expects(Rule::kw_and) {
            return None;
        }
        let known = WORDS.iter().find(|(typed, _)| this.is(typed)).map(|(_, word)| *word);
        let all = ["entered", "left", "sends", "does", "holds", "stopped", "silent"];
        let word = known.or_else(|| misspelt(this.text, &all))?;
        let written = if word == "stopped" { "stopped by limit" } else { word };
        Some(
            Mistake::new(code::MISSPELT_WORD, this.range(), format!("{} is written `{word}` here", shown(this.text)))
                .help(format!("write `{} {written}`; of a segment a test expects `entered`, `left`, `sends`, `does`, `holds`, `stopped by` or `silent`", name.text))
                .suggest(format!("write `{word}`"), this.range(), word),
        )
    }

    /// `with churn_after = 45d`
    fn parameter_of_a_case(&self, this: &Token<'_>) -> Option<Mistake> {
        let with = self.previous().is_some_and(|with| with.is("with") || with.is(","));
        let named = this.kind == Kind::Word && self.next().is_some_and(|equals| equals.is("="));
        let word = if self.token(2).is_some_and(|list| list.is("[")) { "list " } else { "param " };
        (with && named && self.expects_any(&[Rule::kw_param, Rule::kw_list, Rule::override_])).then(|| {
            self.left_out(this, word, "what is set is left out: a `param` or a `list`")
                .help("a column's value stands in `given { … }`")
        })
    }

    /// `snapshot "s" "users.csv"`, `… orders: "orders.csv"`, `… orders "orders.csv"`, `… at 2026-11-22`
    fn in_a_snapshot(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        if this.kind == Kind::Text && self.expects(Rule::kw_of) {
            return Some(self.left_out(this, "of ", "`of` is left out before the users' file"));
        }
        if this.kind == Kind::Text && previous.kind == Kind::Word && self.expects(Rule::colon) {
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`:` is left out before the file of a table")
                    .help(format!("write `{}: {}`", previous.text, this.text))
                    .fix("write `:` here", gap..gap, ":"),
            );
        }
        let whole = previous.kind == Kind::Text && self.expects_any(&[Rule::as_of, Rule::kw_as]);
        if whole && matches!(this.text, "at" | "on") && self.next().is_some_and(|it| it.kind == Kind::Number) {
            return Some(self.instead(this, "as of").certain_if(true));
        }
        if whole && this.is("and") {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "files are set apart by commas").help("write `,`").fix(
                    "write `,`",
                    previous.end()..this.end(),
                    ",",
                ),
            );
        }
        (whole && this.kind == Kind::Word && self.next().is_some_and(|colon| colon.is(":"))).then(|| {
            let gap = previous.end();
            Mistake::new(code::MISSING_WORD, this.range(), "a comma is left out before the next file")
                .help(format!("write `, {}:`", this.text))
                .fix("write `,` here", gap..gap, ",")
        })
    }

    fn in_a_funnel(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        let remove = |range: std::ops::Range<usize>, message: &str| {
            Mistake::new(code::FOREIGN_FORM, range.clone(), message).help("remove it").fix("remove it", range, "")
        };
        if this.is("{") && self.expects(Rule::kw_on) {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "the table of the events is left out before the steps")
                    .help(format!("write `on` and the table: `funnel {} on events {{ … }}`", previous.text)),
            );
        }
        let step_due = previous.is("{") || previous.is(",") || self.expects_any(&[Rule::step, Rule::comma]);
        if step_due
            && matches!(this.text, "then" | "next" | "and")
            && self.next().is_some_and(|it| it.kind == Kind::Word)
            && self.token(2).is_some_and(|it| matches!(it.text, "when" | "within"))
        {
            return Some(remove(this.range(), "steps follow each other as they are written"));
        }
        // `->`
        if previous.is("-") && this.is(">") && previous.end() == this.start {
            return Some(remove(previous.start..this.end(), "steps follow each other as they are written"));
        }
        if matches!(previous.text, "step" | "stage" | "then")
            && this.kind == Kind::Word
            && self.next().is_some_and(|it| matches!(it.text, "when" | "within"))
        {
            return Some(remove(previous.start..this.start, "a step begins with its name"));
        }
        if this.is("within")
            && let Some(when) = self.tokens.iter().take(self.at).rfind(|token| token.is("when"))
            && let Some(length) = self.next().filter(|length| length.kind == Kind::Number)
        {
            let written = self.slice(this.start..length.end());
            let mut mistake =
                Mistake::new(code::UNEXPECTED, this.start..length.end(), "a step's `within` stands before its `when`")
                    .help(format!("write `{written} {}`", self.slice(when.start..previous.end())))
                    .suggest(format!("write `{written} when`"), when.start..when.start, format!("{written} "));
            mistake.edits.push((previous.end()..length.end(), String::new()));
            return Some(mistake);
        }
        if this.is("where") && self.expects(Rule::brace) {
            let (end, _) = self.end_of_condition_from(this.start)?;
            let source = self.slice(previous.start..end);
            let mut mistake =
                Mistake::new(code::CLAUSE_OUTSIDE, this.range(), "a table with `where` stands in brackets")
                    .help(format!("write `({source})`"))
                    .fix(format!("write `({source})`"), previous.start..previous.start, "(");
            mistake.edits.push((end..end, ")".to_owned()));
            return Some(mistake);
        }
        None
    }

    /// `funnel f on orders [ … ]`, `level m by points ( … )`
    fn brackets_for_braces(&self, this: &Token<'_>) -> Option<Mistake> {
        let due = self.expects_any(&[Rule::brace, Rule::arms, Rule::segment_block]) && !self.expects_operand();
        if !due || !matches!(this.text, "[" | "(") || this.kind == Kind::Text || !self.open().is_empty() {
            return None;
        }
        let declares = self.tokens.first().is_some_and(|first| words::begins_declaration(first.text));
        let close = self.matching(self.at).filter(|_| declares)?;
        let mut mistake = Mistake::new(code::FOREIGN_FORM, this.range(), "what it holds stands in braces")
            .help("write `{` and `}`")
            .fix("write braces", this.range(), "{");
        mistake.edits.push((close.range(), "}".to_owned()));
        Some(mistake)
    }
}
