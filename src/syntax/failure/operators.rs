//! Operators, words and forms of other languages inside an expression.

use super::{
    super::{grammar::Rule, words},
    Around, Kind, Mistake, Token,
    declarations::{glued, misspelt},
    ends_operand, shown,
};
use crate::diagnostic::code;

/// Words that continue an expression.
const OPERATORS: &[&str] = &[
    "and",
    "or",
    "between",
    "in",
    "is",
    "has",
    "contains",
    "starts",
    "ends",
    "matches",
    "within",
    "during",
    "not",
    "when",
    "then",
    "else",
    "where",
    "per",
    "otherwise",
    "by",
];

/// Words that ask something of what stands before them.
const TESTS: &[&str] =
    &["between", "in", "is", "has", "contains", "starts", "ends", "matches", "within", "during", "not"];

/// Words that say in another language what an operator says.
const FOREIGN: &[(&[&str], &str)] = &[
    (&["\u{5927}\u{4e8e}\u{7b49}\u{4e8e}"], ">="),
    (&["\u{5c0f}\u{4e8e}\u{7b49}\u{4e8e}"], "<="),
    (&["\u{4e0d}\u{5c0f}\u{4e8e}"], ">="),
    (&["\u{4e0d}\u{5927}\u{4e8e}"], "<="),
    (&["\u{5927}\u{4e8e}"], ">"),
    (&["\u{5c0f}\u{4e8e}"], "<"),
    (&["\u{4e0d}\u{7b49}\u{4e8e}"], "!="),
    (&["\u{7b49}\u{4e8e}"], "="),
    (&["\u{8d85}\u{8fc7}"], ">"),
    (&["\u{9ad8}\u{4e8e}"], ">"),
    (&["\u{4f4e}\u{4e8e}"], "<"),
    (&["\u{81f3}\u{5c11}"], ">="),
    (&["\u{5e76}\u{4e14}"], "and"),
    (&["\u{4e14}"], "and"),
    (&["\u{800c}\u{4e14}"], "and"),
    (&["\u{548c}"], "and"),
    (&["\u{6216}\u{8005}"], "or"),
    (&["\u{6216}"], "or"),
    (&["\u{5305}\u{542b}"], "contains"),
    (&["greater", "than"], ">"),
    (&["more", "than"], ">"),
    (&["less", "than"], "<"),
    (&["fewer", "than"], "<"),
    (&["at", "least"], ">="),
    (&["at", "most"], "<="),
    (&["equals"], "="),
    (&["equal", "to"], "="),
    (&["eq"], "="),
    (&["gt"], ">"),
    (&["gte"], ">="),
    (&["lt"], "<"),
    (&["lte"], "<="),
    (&["ne"], "!="),
    (&["includes"], "has"),
    (&["div"], "/"),
    (&["plus"], "+"),
    (&["times"], "*"),
    (&["startswith"], "starts with"),
    (&["starts_with"], "starts with"),
    (&["endswith"], "ends with"),
    (&["ends_with"], "ends with"),
    (&["group", "by"], "per"),
    (&["elif"], "else if"),
    (&["elsif"], "else if"),
    (&["elseif"], "else if"),
    (&["inside"], "in"),
    (&["exists"], "is known"),
    (&["unless"], "and not"),
    (&["\u{9664}\u{975e}"], "and not"),
    (&["\u{540c}\u{65f6}"], "and"),
    (&["\u{4ee5}\u{53ca}"], "and"),
    (&["\u{4e0d}\u{5305}\u{542b}"], "not contains"),
    (&["\u{4e0d}\u{5728}"], "not in"),
    (&["\u{5c5e}\u{4e8e}"], "in"),
    (&["\u{4e0d}\u{662f}"], "!="),
    (&["\u{662f}"], "="),
    (&["\u{4e3a}\u{7a7a}"], "is missing"),
    (&["\u{4e0d}\u{4e3a}\u{7a7a}"], "is known"),
    (&["\u{4e0d}\u{8d85}\u{8fc7}"], "<="),
    (&["\u{4e0d}\u{4f4e}\u{4e8e}"], ">="),
    (&["\u{5c11}\u{4e8e}"], "<"),
    (&["\u{591a}\u{4e8e}"], ">"),
    (&["but"], "and"),
    (&["except"], "and not"),
];

pub(super) const NOTHING: &[&str] = &["null", "none", "nil", "undefined", "empty", "nan", "\u{7a7a}"];

/// Whether `word` continues an expression.
pub(super) fn is_operator(word: &str) -> bool {
    OPERATORS.contains(&word)
}

/// Whether `word` asks something of what stands before it.
pub(super) fn is_test(word: &str) -> bool {
    TESTS.contains(&word)
}

impl Around<'_> {
    pub(super) fn operator(&self) -> Option<Mistake> {
        None.or_else(|| self.is_forms())
            .or_else(|| self.not_forms())
            .or_else(|| self.foreign_operator())
            .or_else(|| self.other_forms())
            .or_else(|| self.in_parentheses())
            .or_else(|| self.chained())
            .or_else(|| self.commas())
            .or_else(|| self.choice())
            .or_else(|| self.word())
            .or_else(|| self.operand_left_out())
    }

    /// `is null`, `is not missing`, `is "上海"`
    fn is_forms(&self) -> Option<Mistake> {
        let this = self.this()?;
        let is = self.previous().filter(|previous| previous.is("is"))?;
        let nothing =
            |token: &Token<'_>| token.kind == Kind::Word && NOTHING.contains(&token.text.to_lowercase().as_str());
        let range = is.start..this.end();
        if nothing(this) {
            return Some(
                Mistake::new(code::NULL_TEST, this.range(), "a value that is not there is `missing`")
                    .help("write `is missing`")
                    .fix("write `is missing`", range, "is missing"),
            );
        }
        if this.is("not") {
            let next = self.next()?;
            let range = is.start..next.end();
            let written = if nothing(next) || next.is("missing") {
                "is known"
            } else if next.is("known") {
                "is missing"
            } else {
                return Some(
                    Mistake::new(code::FOREIGN_OPERATOR, is.start..this.end(), "`is not` is written `!=` here")
                        .help(format!("write `!= {}`", next.text))
                        .fix("write `!=`", is.start..this.end(), "!="),
                );
            };
            return Some(
                Mistake::new(
                    code::NULL_TEST,
                    range.clone(),
                    format!("`{}` is written `{written}`", self.slice(range.clone())),
                )
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), range, written),
            );
        }
        if matches!(this.text, "today" | "yesterday" | "tomorrow" | "this" | "last" | "next") && this.kind == Kind::Word
        {
            return Some(
                Mistake::new(code::FOREIGN_OPERATOR, is.range(), "a moment is compared with a period by `during`")
                    .help(format!("write `during {}`", this.text))
                    .suggest("write `during`", is.range(), "during"),
            );
        }
        if matches!(this.text, "set" | "present" | "defined" | "there") && this.kind == Kind::Word {
            return Some(
                Mistake::new(code::NULL_TEST, this.range(), "a value that is there is `known`")
                    .help("write `is known`")
                    .fix("write `is known`", range, "is known"),
            );
        }
        let written = match this.text {
            "in" | "between" | "within" | "during" | "contains" | "greater" | "more" | "less" | "fewer" | "equal" => "",
            _ => "=",
        };
        if written.is_empty() {
            if let Some((word, end)) = self.foreign_word_at(0) {
                let range = is.start..end;
                let typed = self.slice(range.clone());
                return Some(
                    Mistake::new(code::FOREIGN_OPERATOR, range.clone(), format!("`{typed}` is written `{word}` here"))
                        .help(format!("write `{word}`"))
                        .fix(format!("write `{word}`"), range, word),
                );
            }
            return Some(
                Mistake::new(code::FOREIGN_OPERATOR, is.range(), format!("`{}` needs no `is` before it", this.text))
                    .help("remove `is`")
                    .fix("remove `is`", is.start..this.start, ""),
            );
        }
        if let Some(word) = misspelt(this.text, &["missing", "known"]).filter(|_| this.kind == Kind::Word) {
            return Some(self.misspelt_word(this, word));
        }
        Some(
            Mistake::new(
                code::FOREIGN_OPERATOR,
                is.range(),
                "`is` asks only for `missing` and `known`; values are compared by `=`",
            )
            .help(format!("write `= {}`", this.text))
            .suggest("write `=`", is.range(), "="),
        )
    }

    /// `not =`, `not is missing`, `and not in […]`
    fn not_forms(&self) -> Option<Mistake> {
        let this = self.this()?;
        let not = self.previous().filter(|previous| previous.is("not"))?;
        let range = not.start..this.end();
        let subject = self.token(-2).filter(|before| ends_operand(before));
        if subject.is_some() && matches!(this.text, "=" | "!=") {
            return Some(
                Mistake::new(code::FOREIGN_OPERATOR, range.clone(), "`not =` is written `!=`").help("write `!=`").fix(
                    "write `!=`",
                    range,
                    "!=",
                ),
            );
        }
        if subject.is_some() && this.is("is") {
            let what = self.next()?;
            let written = if what.is("known") { "is missing" } else { "is known" };
            let range = not.start..what.end();
            return Some(
                Mistake::new(
                    code::NULL_TEST,
                    range.clone(),
                    format!("`{}` is written `{written}`", self.slice(range.clone())),
                )
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), range, written),
            );
        }
        if subject.is_none()
            && is_operator(this.text)
            && !matches!(this.text, "not" | "and" | "or")
            && this.kind == Kind::Word
        {
            return Some(self.subject_left_out(this, not.start));
        }
        None
    }

    /// `city starts with "上" and not ends with "京"`
    fn subject_left_out(&self, this: &Token<'_>, start: usize) -> Mistake {
        let name = self.tokens.iter().take(self.at).enumerate().rev().find(|(at, token)| {
            let operator = self.tokens.get(at + 1).is_some_and(|next| {
                matches!(next.text, "=" | "!=" | "<" | "<=" | ">" | ">=") || TESTS.contains(&next.text)
            });
            token.kind == Kind::Word && !words::is_reserved(token.text) && operator
        });
        let name = name.map(|(_, token)| token.text);
        if let Some(rows) = self.next().filter(|rows| this.is("has") && rows.kind == Kind::Word) {
            return Mistake::new(code::MISSING_WORD, this.range(), "`has` looks into a list that stands before it")
                .help(format!("of rows ask `any({})`", rows.text));
        }
        let clause = self.slice(start..this.end());
        let clause = match this.text {
            "starts" | "ends" => format!("{clause} with"),
            _ => clause.to_owned(),
        };
        let mistake =
            Mistake::new(code::MISSING_WORD, this.range(), format!("what `{}` is asked of is left out", this.text));
        match name {
            Some(name) => mistake.help(format!("write `{name} {clause}`")).suggest(
                format!("write `{name}` here"),
                start..start,
                format!("{name} "),
            ),
            None => mistake.help(format!("write a name before `{clause}`")),
        }
    }

    /// Words at a token that say in another language what an operator says, and that operator.
    fn foreign_words(&self, offset: isize) -> Option<(&'static [&'static str], &'static str)> {
        let spelt = |typed: &[&str]| {
            (offset..).zip(typed).all(|(at, word)| {
                self.token(at).is_some_and(|token| token.kind == Kind::Word && token.text.to_lowercase() == *word)
            })
        };
        FOREIGN.iter().find(|(typed, _)| spelt(typed)).copied()
    }

    /// The operator that the words at a token stand for, and where they end.
    fn foreign_word_at(&self, offset: isize) -> Option<(&'static str, usize)> {
        let (typed, word) = self.foreign_words(offset)?;
        let last = self.token(offset + typed.len() as isize - 1)?;
        Some((word, last.end()))
    }

    /// `大于`, `more than`, `group by`
    fn foreign_operator(&self) -> Option<Mistake> {
        let this = self.this()?;
        if self.expects_operand() || !self.previous().is_some_and(ends_operand) {
            return None;
        }
        // `at least` ends in `at`, which another rule may have taken for the beginning of something.
        let (typed, word) = self.foreign_words(0)?;
        let behind = |at: usize| self.token((typed.len() + at) as isize);
        let last = self.token(typed.len() as isize - 1)?;
        let range = this.start..last.end();
        let typed = self.slice(range.clone());
        if word == "per" && !self.expects_any(&[Rule::clause_per, Rule::kw_per]) {
            return Some(
                Mistake::new(
                    code::CLAUSE_OUTSIDE,
                    range,
                    format!("`{typed}` is written `per`, and stands inside an aggregate"),
                )
                .help("write it like `avg(users.spend per city)`"),
            );
        }
        // More than 30 days ago is before that moment, not after it.
        let turned = match word {
            ">" => Some("<"),
            ">=" => Some("<="),
            "<" => Some(">"),
            "<=" => Some(">="),
            _ => None,
        };
        if let Some(turned) = turned
            && let (Some(length), Some(ago)) = (behind(0), behind(1))
            && length.kind == Kind::Number
            && ago.is("ago")
        {
            let message = format!("`{typed} {} ago` is written `{turned} {} ago` here", length.text, length.text);
            return Some(
                Mistake::new(code::FOREIGN_OPERATOR, range.clone(), message)
                    .help(format!("write `{turned} {} ago`", length.text))
                    .fix(format!("write `{turned}`"), range, turned),
            );
        }
        Some(
            Mistake::new(code::FOREIGN_OPERATOR, range.clone(), format!("`{typed}` is written `{word}` here"))
                .help(format!("write `{word}`"))
                .fix(format!("write `{word}`"), range, word),
        )
    }

    /// `1 < x < 5`
    fn chained(&self) -> Option<Mistake> {
        let this = self.this()?;
        let is_sign =
            |token: &Token<'_>| matches!(token.text, "=" | "!=" | "<" | "<=" | ">" | ">=") && token.kind == Kind::Sign;
        if !is_sign(this) || !self.previous().is_some_and(ends_operand) {
            return None;
        }
        // Between `and`s and brackets there is one comparison before this one.
        let before = self.tokens.get(..self.at)?;
        let first = before.iter().rposition(|token| {
            matches!(
                token.text,
                "and" | "or" | "when" | "not" | "where" | "if" | "then" | "else" | "(" | "," | "[" | "{"
            ) && token.kind != Kind::Text
        });
        let first = first.map_or(0, |at| at + 1);
        let sign = before.iter().skip(first).position(is_sign).map(|at| at + first)?;
        let (low, middle) = (self.span_of(first, sign)?, self.span_of(sign + 1, self.at)?);
        let high = self.next()?;
        let (low, middle) = (self.slice(low), self.slice(middle));
        let op = self.tokens.get(sign)?.text;
        let written = format!("{low} {op} {middle} and {middle} {} {}", this.text, high.text);
        let mut mistake = Mistake::new(code::CHAINED_COMPARISON, this.range(), "a comparison has two sides, not three")
            .help(format!("write `{written}`"));
        if op == "<=" && this.is("<=") {
            mistake = mistake.help(format!("or write `{middle} between {low}..{}`", high.text));
        }
        if op == "<=" && this.is("<") {
            mistake = mistake.help(format!("or write `{middle} between {low}..<{}`", high.text));
        }
        Some(mistake.suggest(format!("write `{written}`"), this.start..this.start, format!("and {middle} ")))
    }

    fn span_of(&self, from: usize, to: usize) -> Option<std::ops::Range<usize>> {
        let range = self.tokens.get(from..to)?;
        Some(range.first()?.start..range.last()?.end())
    }

    /// A word that is nearly one of those that could stand here.
    fn word(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.kind == Kind::Word)?;
        let previous = self.previous()?;
        let candidates = self.expected_words();
        let lower = this.text.to_lowercase();
        if lower != this.text && candidates.contains(&lower.as_str()) {
            return Some(self.capitalised(this, &lower));
        }
        // `NOT vip`: the word before was taken for a name.
        if matches!(previous.text, "NOT" | "Not" | "IF" | "If") && !self.expects_operand() {
            return Some(self.capitalised(previous, &previous.text.to_lowercase()));
        }
        if !candidates.is_empty() {
            if let Some(word) = glued(this.text, &candidates) {
                return Some(self.glued_word(this, word));
            }
            if let Some(word) = misspelt(this.text, &candidates) {
                return Some(self.misspelt_word(this, word));
            }
        }
        self.two_words(previous, this)
    }

    /// `Last Order within 30d`
    fn two_words(&self, first: &Token<'_>, second: &Token<'_>) -> Option<Mistake> {
        let names = [first, second].into_iter().all(|it| it.kind == Kind::Word && !words::is_reserved(it.text));
        let used = self.next().is_some_and(|next| {
            is_operator(next.text) && next.kind == Kind::Word
                || matches!(next.text, "=" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/")
        });
        let spaced = first.end() + 1 == second.start && self.slice(first.end()..second.start) == " ";
        if !names || !used || !spaced || !self.expects(Rule::kw_and) {
            return None;
        }
        let whole = first.start..second.end();
        let written = format!("`{}`", self.slice(whole.clone()));
        Some(
            Mistake::new(code::BAD_NAME, whole.clone(), "a name of two words stands in backticks")
                .help(format!("write {}", shown(&written)))
                .suggest("write it in backticks", whole, written),
        )
    }

    /// `and` at the end, `when when`, `and and`
    fn operand_left_out(&self) -> Option<Mistake> {
        if !self.expects_operand() {
            return None;
        }
        let previous = self.previous()?;
        if let Some(this) = self.this() {
            if this.text == previous.text && this.kind == Kind::Word {
                return Some(
                    Mistake::new(code::SAID_TWICE, this.range(), format!("`{}` is written twice", this.text))
                        .help("remove one of them")
                        .fix("remove it", previous.end()..this.end(), ""),
                );
            }
            if let Some(mistake) = self.subject_not_repeated(this, previous) {
                return Some(mistake);
            }
            let name_like = words::is_reserved(this.text)
                && !is_operator(this.text)
                && !matches!(this.text, "then" | "else" | "ago");
            let compared = self.next().is_some_and(|next| {
                matches!(next.text, "=" | "!=" | "<" | "<=" | ">" | ">=") || is_operator(next.text)
            });
            if name_like && compared {
                let quoted = format!("`{}`", this.text);
                return Some(
                    Mistake::new(
                        code::RESERVED_NAME,
                        this.range(),
                        format!("`{}` is a word of the language", this.text),
                    )
                    .help(format!("a name that is spelt like it stands in backticks: {}", shown(&quoted)))
                    .suggest("write it in backticks", this.range(), quoted),
                );
            }
            if is_operator(this.text)
                && !matches!(this.text, "and" | "or" | "when" | "then" | "else" | "otherwise" | "not")
                && this.kind == Kind::Word
                && matches!(previous.text, "and" | "or" | "when")
            {
                return Some(self.subject_left_out(this, this.start));
            }
        }
        // `tag vip when: spend > 500`
        if let Some(colon) = self.this().filter(|this| this.is(":") && previous.kind == Kind::Word) {
            return Some(
                Mistake::new(code::FOREIGN_FORM, colon.range(), format!("no `:` stands after `{}`", previous.text))
                    .help("remove it")
                    .fix("remove it", colon.range(), ""),
            );
        }
        let operator = is_operator(previous.text)
            || previous.kind == Kind::Sign && !matches!(previous.text, ")" | "]" | "}" | "{")
            || matches!(
                previous.text,
                "minus" | "keep" | "next" | "with" | "of" | "from" | "cooldown" | "every" | "require" | "if"
            );
        operator.then(|| {
            let mistake = Mistake::new(
                code::UNEXPECTED,
                previous.range(),
                format!("something is left out after `{}`", previous.text),
            );
            match (self.this(), previous.text) {
                (None, "and" | "or") => mistake.help("write the second condition, or remove the word").suggest(
                    format!("remove `{}`", previous.text),
                    previous.range(),
                    "",
                ),
                _ => mistake.help(format!("write a value or a condition after `{}`", previous.text)),
            }
        })
    }

    /// `city = "上海" or = "北京"`
    fn subject_not_repeated(&self, this: &Token<'_>, join: &Token<'_>) -> Option<Mistake> {
        let compares = |token: &Token<'_>| matches!(token.text, "=" | "!=" | "<" | "<=" | ">" | ">=");
        if !compares(this) || !matches!(join.text, "and" | "or") {
            return None;
        }
        self.token(-3).filter(|sign| compares(sign))?;
        let subject = self.token(-4).filter(|subject| subject.kind == Kind::Word && ends_operand(subject))?;
        let written = format!("{} {}", join.text, subject.text);
        Some(
            Mistake::new(code::UNEXPECTED, this.range(), format!("what `{}` compares is left out", this.text))
                .help(format!("write `{written} {} …`", this.text))
                .suggest(format!("write `{written}`"), this.start..this.start, format!("{} ", subject.text)),
        )
    }
}
