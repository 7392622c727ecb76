//! Blocks written from habit: brackets, words and orders of other languages around tables, levels, scores, segments,
//! policies, tests and funnels.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, as_name, shown};
use crate::diagnostic::code;

/// What a declaration begins with in another tongue.
const DECLARATIONS: &[(&str, &str)] = &[
    ("\u{6807}\u{7b7e}", "tag"),
    ("\u{53d8}\u{91cf}", "let"),
    ("\u{5b9a}\u{4e49}", "let"),
    ("\u{6307}\u{6807}", "let"),
    ("\u{53c2}\u{6570}", "param"),
    ("\u{540d}\u{5355}", "list"),
    ("\u{5217}\u{8868}", "list"),
    ("\u{8bc4}\u{5206}", "score"),
    ("\u{6253}\u{5206}", "score"),
    ("\u{5206}\u{6570}", "score"),
    ("\u{7b49}\u{7ea7}", "level"),
    ("\u{7ea7}\u{522b}", "level"),
    ("\u{5206}\u{5c42}", "layer"),
    ("\u{4eba}\u{7fa4}", "segment"),
    ("\u{5206}\u{7fa4}", "segment"),
    ("\u{5ba2}\u{7fa4}", "segment"),
    ("\u{6f0f}\u{6597}", "funnel"),
    ("\u{7b56}\u{7565}", "policy"),
    ("\u{6a21}\u{677f}", "template"),
    ("\u{6e20}\u{9053}", "channel"),
    ("\u{6d4b}\u{8bd5}", "test"),
    ("\u{8868}", "table"),
    ("audience", "segment"),
    ("cohort", "segment"),
    ("variable", "let"),
    ("constant", "param"),
    ("parameter", "param"),
    ("tier", "level"),
    ("group", "layer"),
];

/// Words of other languages: in which declaration, what is typed, what could have stood there, and what is written.
const WORDS: &[(&str, &str, Rule, &str)] = &[
    ("rulebook", "tz", Rule::kw_timezone, "timezone"),
    ("rulebook", "zone", Rule::kw_timezone, "timezone"),
    ("rulebook", "time_zone", Rule::kw_timezone, "timezone"),
    ("funnel", "from", Rule::kw_on, "on"),
    ("funnel", "of", Rule::kw_on, "on"),
    ("funnel", "over", Rule::kw_on, "on"),
    ("funnel", "in", Rule::kw_on, "on"),
    ("funnel", "after", Rule::kw_within, "within"),
    ("funnel", "after", Rule::step_within, "within"),
    ("funnel", "in", Rule::kw_within, "within"),
    ("snapshot", "from", Rule::kw_of, "of"),
    ("snapshot", "on", Rule::kw_of, "of"),
    ("test", "at", Rule::kw_as, "as of"),
    ("test", "on", Rule::kw_as, "as of"),
    ("test", "when", Rule::given, "given"),
    ("test", "when", Rule::kw_given, "given"),
    ("test", "if", Rule::kw_given, "given"),
    ("channel", "chars", Rule::kw_characters, "characters"),
    ("channel", "char", Rule::kw_characters, "characters"),
    ("channel", "letters", Rule::kw_characters, "characters"),
    ("score", "max", Rule::kw_clamp, "clamp 0.."),
    ("score", "limit", Rule::kw_clamp, "clamp 0.."),
];

impl Around<'_> {
    pub(super) fn block(&self) -> Option<Mistake> {
        let this = self.this()?;
        let first = self.tokens.first()?;
        if self.at == 0 {
            return self.other_tongue(this);
        }
        None.or_else(|| self.begins_a_line(this))
            .or_else(|| self.path_without_quotes(this))
            .or_else(|| self.foreign_block_word(first, this))
            .or_else(|| self.block_without_braces(first, this))
            .or_else(|| match first.text {
                "table" => self.table_habit(this),
                "level" | "layer" | "score" => self.arm_habit(first, this),
                "list" => self.list_habit(this),
                "tag" | "let" => self.no_block(first, this),
                "segment" => self.segment_habit(this),
                "policy" | "template" | "test" | "funnel" | "channel" => self.other_habit(first, this),
                _ => None,
            })
    }

    /// What begins a line behind a whole declaration, and begins none itself.
    fn begins_a_line(&self, this: &Token<'_>) -> Option<Mistake> {
        let whole = self.expects_any(&[Rule::EOI, Rule::next_one, Rule::declares]) && self.open().is_empty();
        let first_column = self.slice(0..this.start).ends_with('\n');
        if !whole || !first_column || super::super::words::begins_declaration(this.text) {
            return None;
        }
        let tokens = self.tokens.get(self.at..)?.to_vec();
        let around = Around { text: self.text, grammar: self.grammar, tokens, at: 0, expected: self.expected };
        around.other_tongue(this).or_else(|| around.declaration())
    }

    /// `标签 vip when …`
    fn other_tongue(&self, this: &Token<'_>) -> Option<Mistake> {
        if matches!(this.text, "include" | "import" | "use") && self.next().is_some_and(|next| !next.is("when")) {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), format!("`{}` is not needed", this.text))
                    .help("remove the line: all `.rules` files of a folder are one rulebook"),
            );
        }
        let bullet = matches!(this.text, "-" | "*" | "+") && this.kind == Kind::Sign;
        let numbered = this.kind == Kind::Number && self.next().is_some_and(|next| matches!(next.text, "." | ")"));
        let behind = if numbered { self.token(2) } else { self.next() };
        if let Some(behind) =
            behind.filter(|word| (bullet || numbered) && super::super::words::begins_declaration(word.text))
        {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a declaration has no mark before it")
                    .help(format!("begin with `{}`", behind.text))
                    .fix("remove the mark", this.start..behind.start, ""),
            );
        }
        if self.next().is_some_and(|next| next.is(":"))
            && this.kind == Kind::Word
            && !super::super::words::is_reserved(this.text)
        {
            let colon = self.next()?;
            return Some(
                Mistake::new(
                    code::MISSING_WORD,
                    this.range(),
                    format!("the word that says what {} is is left out", shown(this.text)),
                )
                .help(format!("write `tag {} when …`", as_name(this.text)))
                .suggest(
                    "make it a tag",
                    this.start..colon.end(),
                    format!("tag {} when", as_name(this.text)),
                ),
            );
        }
        let (_, word) = DECLARATIONS.iter().find(|(typed, _)| this.text.eq_ignore_ascii_case(typed))?;
        self.next().filter(|next| matches!(next.kind, Kind::Word | Kind::Quoted))?;
        // A word of another tongue is a translation; one of other tools may be meant in another way.
        let certain = !this.text.is_ascii() || matches!(*word, "param") && this.text.eq_ignore_ascii_case("parameter");
        Some(self.instead(this, word).certain_if(certain))
    }

    /// `from users.csv`, `timezone Asia/Shanghai`
    fn path_without_quotes(&self, this: &Token<'_>) -> Option<Mistake> {
        let word =
            self.previous().filter(|word| matches!(word.text, "from" | "timezone" | "of" | "list" | "rulebook"))?;
        let column = self.tokens.first().is_some_and(|first| first.is("table")) && word.is("from");
        if this.kind != Kind::Word
            || this.is("ledger")
            || !(self.expects(Rule::text) || column && self.expects(Rule::colon))
            || self.expects_any(&[Rule::name])
        {
            return None;
        }
        let mut end = this.end();
        for token in self.tokens.get(self.at + 1..).unwrap_or(&[]) {
            let joins = token.start == end
                && (matches!(token.kind, Kind::Word | Kind::Number) || matches!(token.text, "." | "/" | "-" | "+"));
            if !joins {
                break;
            }
            end = token.end();
        }
        if column && self.expects(Rule::colon) && self.tokens.iter().any(|token| token.start == end && token.is(":")) {
            return None;
        }
        let range = this.start..end;
        let written = format!("\"{}\"", self.slice(range.clone()));
        Some(
            Mistake::new(code::BAD_NAME, range.clone(), "a text stands in quotes")
                .help(format!("write `{written}`"))
                .suggest("put it in quotes", range, written),
        )
    }

    fn foreign_block_word(&self, first: &Token<'_>, this: &Token<'_>) -> Option<Mistake> {
        let found = WORDS
            .iter()
            .find(|(declaration, typed, rule, _)| first.is(declaration) && this.is(typed) && self.expects(*rule))?;
        if found.3 == "clamp 0.." {
            let end = self.next().map_or(this.end(), Token::end);
            let written = format!("clamp 0..{}", self.next().map_or("100", |next| next.text));
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.start..end, "a score is held within two ends by `clamp`")
                    .help(format!("write `{written}`"))
                    .suggest(format!("write `{written}`"), this.start..end, written),
            );
        }
        Some(self.instead(this, found.3))
    }

    /// `level m by points black from 5000`, `table users key id  id: text`, `segment s when a on enter …`
    fn block_without_braces(&self, first: &Token<'_>, this: &Token<'_>) -> Option<Mistake> {
        if !self.open().is_empty() || !self.expects_any(&[Rule::brace, Rule::arms, Rule::columns, Rule::segment_block])
        {
            return None;
        }
        let next_is = |words: &[&str]| self.next().is_some_and(|next| words.contains(&next.text));
        let labelled = self.next().is_some_and(|next| next.kind == Kind::Text);
        let begins = match first.text {
            "table" => this.kind == Kind::Word && next_is(&[":"]),
            "level" | "layer" => this.kind == Kind::Word && (next_is(&["from", "when", "otherwise"]) || labelled),
            "score" => this.kind == Kind::Number && next_is(&["when"]) || this.is("="),
            "segment" => matches!(this.text, "on" | "require" | "every" | "backfill"),
            _ => false,
        };
        if !begins {
            return None;
        }
        let end = self.tokens.last().map_or(this.end(), Token::end);
        let range = if this.is("=") { this.range() } else { this.start..this.start };
        let mut mistake = Mistake::new(code::MISSING_WORD, this.range(), "`{` is left out before this")
            .help(format!("put `{{` before {} and `}}` at the end", shown(this.text)))
            .suggest("put braces around it", range, "{ ");
        if this.is("=") {
            mistake.help = vec!["put what follows in braces: `score heat { 40 when … }`".to_owned()];
            mistake.message = "a score is no single value: its arms stand in braces".to_owned();
        }
        mistake.edits.push((end..end, " }".to_owned()));
        Some(mistake)
    }

    fn table_habit(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        let remove = |range: std::ops::Range<usize>, message: &str, help: &str| {
            Mistake::new(code::FOREIGN_FORM, range.clone(), message).help(help).fix("remove it", range, "")
        };
        if this.is("(") && self.open().is_empty() {
            let close = self.matching(self.at)?;
            let mut mistake = Mistake::new(code::FOREIGN_FORM, this.range(), "columns stand in braces")
                .help("write `{` and `}`")
                .fix("write braces", this.range(), "{");
            mistake.edits.push((close.range(), "}".to_owned()));
            return Some(mistake);
        }
        if this.is("primary") && self.next().is_some_and(|next| next.is("key")) {
            let end = self.next()?.start;
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "`primary` is not needed here").help("write `key`").fix(
                    "remove it",
                    this.start..end,
                    "",
                ),
            );
        }
        if matches!(previous.text, "key" | "by" | "at" | "of") && this.kind == Kind::Text {
            let written = as_name(this.text.trim_matches('"'));
            return Some(
                Mistake::new(code::BAD_NAME, this.range(), "a name stands without quotes")
                    .help(format!("write {}", shown(&written)))
                    .suggest("write the bare name", this.range(), written),
            );
        }
        if this.is(",") && self.token(-2).is_some_and(|open| open.is("(")) {
            let digits = self.next()?;
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a decimal says only its digits after the point")
                    .help(format!("write `decimal({})`", digits.text))
                    .fix("remove the digits before the point", previous.start..digits.start, ""),
            );
        }
        if this.is("not") && self.next().is_some_and(|next| next.text.eq_ignore_ascii_case("null")) {
            let range = this.start..self.next()?.end();
            return Some(remove(
                range,
                "a type without `?` is never missing",
                "remove it: `?` says that it may be missing",
            ));
        }
        let nullable = |token: &Token<'_>| {
            ["null", "nullable", "optional"].iter().any(|word| token.text.eq_ignore_ascii_case(word))
        };
        let typed = self.token(-3).is_some_and(|colon| colon.is(":"));
        if typed && nullable(previous) && self.expects(Rule::colon) {
            let ty = self.token(-2)?;
            return Some(
                Mistake::new(code::FOREIGN_FORM, previous.range(), "a value that may be missing has a type with `?`")
                    .help(format!("write `{}?`", ty.text))
                    .fix("write `?`", ty.end()..previous.end(), "?"),
            );
        }
        // `points ? int`
        if this.is("?") && self.expects(Rule::colon) && self.next().is_some_and(|ty| ty.kind == Kind::Word) {
            let ty = self.next()?;
            let written = format!("{}: {}?", previous.text, ty.text);
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "`?` stands behind the type")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), previous.start..ty.end(), written),
            );
        }
        if this.is("?") && self.expects(Rule::colon) {
            let (colon, ty) = (self.next()?, self.token(2)?);
            let mut mistake = Mistake::new(code::FOREIGN_FORM, this.range(), "`?` stands behind the type")
                .help(format!("write `{}: {}?`", previous.text, ty.text))
                .fix("put it behind the type", this.range(), "");
            mistake.edits.push((ty.end()..ty.end(), "?".to_owned()));
            return colon.is(":").then_some(mistake);
        }
        if this.is("[") && self.next().is_some_and(|next| next.is("]")) {
            let written = format!("list of {}", previous.text);
            let range = previous.start..self.next()?.end();
            return Some(
                Mistake::new(code::FOREIGN_FORM, range.clone(), "a list's type says what it is a list of")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), range, written),
            );
        }
        if typed && self.token(-2).is_some_and(|list| list.is("list")) && self.expects(Rule::colon) {
            let gap = self.token(-2)?.end();
            return Some(
                Mistake::new(code::MISSING_WORD, previous.range(), "`of` is left out after `list`")
                    .help(format!("write `list of {}`", previous.text))
                    .fix("write `of` here", gap..gap, " of"),
            );
        }
        if previous.is("format") && this.kind == Kind::Text || this.is("format") {
            let word = if this.is("format") { this } else { previous };
            return Some(self.instead(word, "in"));
        }
        None
    }

    /// `list blocked = ["a"]`, `list blocked "blocked.csv"`
    fn list_habit(&self, this: &Token<'_>) -> Option<Mistake> {
        let name = self.tokens.get(1)?;
        if let Some(mistake) = self.file_without_from() {
            return Some(mistake);
        }
        if this.is("=") && self.expects(Rule::kw_from) {
            return Some(Mistake::new(code::FOREIGN_FORM, this.range(), "a `list` comes from a file").help(format!(
                "write `list {} from \"{}.csv\"`; texts in the rules are a `param`: `param {} = [\"a\"]`",
                name.text, name.text, name.text
            )));
        }
        None
    }

    /// `list blocked "blocked.csv"`: the file was taken for a label.
    pub(super) fn file_without_from(&self) -> Option<Mistake> {
        let file = self.previous().filter(|file| file.kind == Kind::Text && self.at == 3)?;
        if !self.tokens.first()?.is("list") || !self.expects(Rule::kw_from) {
            return None;
        }
        Some(
            Mistake::new(code::MISSING_WORD, file.range(), "`from` is left out before the file")
                .help(format!("write `from {}`", file.text))
                .fix("write `from` here", file.start..file.start, "from "),
        )
    }

    /// `tag vip when spend > 500 { … }`, `tag vip("重要客户") when …`
    fn no_block(&self, first: &Token<'_>, this: &Token<'_>) -> Option<Mistake> {
        if self.at == 2 && this.is("(") && self.token(2).is_some_and(|close| close.is(")")) {
            let (label, close) = (self.next()?, self.token(2)?);
            let written = format!(" {}", label.text);
            let mistake = Mistake::new(code::FOREIGN_FORM, this.start..close.end(), "a label stands without brackets")
                .help(format!("write `{}`", label.text))
                .fix("remove the brackets", this.start..close.end(), written);
            return (label.kind == Kind::Text).then_some(mistake);
        }
        (this.is("{") && self.follows_operand() && self.open().is_empty()).then(|| {
            Mistake::new(code::UNEXPECTED, this.range(), format!("a `{}` has no block", first.text))
                .help("remove the braces; what is done is written in a `segment`")
        })
    }

    fn segment_habit(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        if this.is(":") && matches!(previous.text, "enter" | "exit") {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), format!("no `:` stands after `{}`", previous.text))
                    .help("remove it")
                    .fix("remove it", this.range(), ""),
            );
        }
        if this.is("when") && self.next().is_some_and(|next| matches!(next.text, "enter" | "exit" | "each")) {
            return Some(self.instead(this, "on"));
        }
        if matches!(this.text, "call" | "run" | "exec" | "execute" | "trigger")
            && self.expects_any(&[Rule::deed, Rule::act, Rule::kw_do])
        {
            return Some(self.instead(this, "do"));
        }
        if this.is("(") && self.token(-2).is_some_and(|word| word.is("do")) {
            let close = self.matching(self.at)?;
            let inside = self.slice(this.end()..close.start).trim();
            let written = if inside.is_empty() { String::new() } else { format!(" with {inside}") };
            let message = "what is done is a word; what goes with it stands after `with`";
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.start..close.end(), message)
                    .help(format!("write `do {}{written}`", previous.text))
                    .suggest(format!("write `do {}{written}`", previous.text), this.start..close.end(), written),
            );
        }
        if this.kind == Kind::Number && this.text.ends_with('%') && previous.kind == Kind::Word {
            let range = previous.start..this.end();
            let written = format!("{} {}", this.text, previous.text);
            return Some(
                Mistake::new(code::FOREIGN_FORM, range.clone(), "a share stands before its name")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), range, written),
            );
        }
        None
    }

    fn other_habit(&self, first: &Token<'_>, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        let remove = |range: std::ops::Range<usize>, message: &str| {
            Mistake::new(code::FOREIGN_FORM, range.clone(), message).help("remove it").fix("remove it", range, "")
        };
        match first.text {
            "policy" if self.at == 1 && this.kind == Kind::Word => {
                Some(remove(this.range(), "there is one policy, and it has no name"))
            }
            "policy" if self.tokens.iter().take(self.at).rev().take(2).any(|it| it.is("quiet")) => {
                let quiet = self.tokens.iter().take(self.at).rposition(|it| it.is("quiet"))?;
                let times: Vec<&Token<'_>> =
                    self.tokens.get(quiet + 1..)?.iter().take(4).filter(|it| it.kind == Kind::Number).collect();
                let [from, to, ..] = times.as_slice() else { return None };
                let written = format!("{}..{}", from.text, to.text);
                let range = self.tokens.get(quiet + 1)?.start..to.end();
                self.tokens.get(quiet + 1).filter(|word| word.is("from"))?;
                Some(
                    Mistake::new(code::FOREIGN_RANGE, range.clone(), "the ends of a range stand on both sides of `..`")
                        .help(format!("write `quiet {written}`"))
                        .fix(format!("write `{written}`"), range, written),
                )
            }
            "template" if matches!(this.text, "=" | ":") && self.next().is_some_and(|it| it.kind == Kind::Text) => {
                Some(remove(this.range(), &format!("no `{}` stands before a template's text", this.text)))
            }
            "channel" if this.is("}") && self.expects(Rule::kw_characters) => {
                let gap = previous.end();
                Some(
                    Mistake::new(code::MISSING_WORD, previous.range(), "`characters` is left out after the number")
                        .help(format!("write `at most {} characters`", previous.text))
                        .fix("write `characters` here", gap..gap, " characters"),
                )
            }
            "test" if this.is("then") && self.next().is_some_and(|next| next.is("expect")) => {
                Some(remove(this.range(), "`then` begins a later moment of the same case: `then as of …`"))
            }
            "test" if previous.is("expect") && this.is("}") => Some(
                Mistake::new(code::MISSING_WORD, previous.range(), "nothing is expected")
                    .help("write what has to hold of the user: `expect vip`, `expect not vip`, `expect spend = 500`"),
            ),
            "test" if this.is("}") && self.expects(Rule::kw_expect) => Some(
                Mistake::new(
                    code::MISSING_WORD,
                    previous.range(),
                    "the case says what is given, and not what is expected",
                )
                .help("write behind it what has to hold of the user: `expect vip`"),
            ),
            "test" if previous.is("given") && matches!(this.kind, Kind::Word | Kind::Quoted) => {
                let expect = self.tokens.iter().skip(self.at).find(|token| token.is("expect"));
                let end = expect.map_or(this.end(), |expect| expect.start);
                let inside = self.slice(this.start..end).trim().replace(" = ", ": ");
                let written = format!("{{ {inside} }} ");
                Some(
                    Mistake::new(code::MISSING_WORD, this.range(), "what is given stands in braces")
                        .help(format!("write `given {}`", written.trim()))
                        .suggest("put it in braces", this.start..end, written),
                )
            }
            "funnel"
                if self.expects(Rule::kw_on)
                    && this.kind == Kind::Word
                    && self.next().is_some_and(|next| next.is("{") || next.is("by")) =>
            {
                Some(
                    Mistake::new(code::MISSING_WORD, this.range(), "`on` is left out before the table")
                        .help(format!("write `on {}`", this.text))
                        .suggest("write `on` here", this.start..this.start, "on "),
                )
            }
            _ => None,
        }
    }
}
