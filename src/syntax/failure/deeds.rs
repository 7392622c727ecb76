//! How often, when, with what and after how long a deed is done, in everyday words: `at most once per week`, `wait 3d`,
//! `when spend > 3 send …`, `daily send …`.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, numbers, shown, words};
use crate::diagnostic::code;

/// What begins a deed.
const ACTS: &[&str] = &["send", "do", "hold"];

/// What stands between the entries of a segment, or between the parts of a deed.
const PARTS: &[&str] = &[
    "on",
    "every",
    "require",
    "backfill",
    "with",
    "hours",
    "cooldown",
    "at",
    "once",
    "when",
    "otherwise",
    "send",
    "do",
    "hold",
    "if",
    "else",
    "}",
];

impl Around<'_> {
    pub(super) fn deed_in_words(&self, this: &Token<'_>) -> Option<Mistake> {
        None.or_else(|| self.so_often())
            .or_else(|| self.with_left_out(this))
            .or_else(|| self.condition_before_its_deed(this))
            .or_else(|| self.else_before_its_deed(this))
            .or_else(|| self.after_a_while(this))
            .or_else(|| self.period_as_a_trigger(this))
    }

    /// `at most once per week`, `once a week`, `at most 2 within 7d`, `at most once`
    fn so_often(&self) -> Option<Mistake> {
        let near = self.at.saturating_sub(6)..=self.at;
        let said = near.filter_map(|at| self.often_from(at)).find(|said| said.end >= self.gap())?;
        let typed = self.slice(said.range());
        let range = said.range();
        let Some(length) = &said.length else {
            let mistake = Mistake::new(code::FOREIGN_FORM, range.clone(), "how often stands in digits, before `times`")
                .help(format!("write `at most {} times`: so often while somebody stays in the segment", said.number));
            return Some(match said.number {
                1 => mistake.help("or write `once`: never again").suggest("write `once`", range, "once"),
                number => {
                    let written = format!("at most {number} times");
                    mistake.suggest(format!("write `{written}`"), range, written)
                }
            });
        };
        if said.number == 1 {
            let message = format!("{} is written `cooldown {length}` here", shown(typed));
            return Some(
                Mistake::new(code::FOREIGN_FORM, range.clone(), message)
                    .help(format!("write `cooldown {length}`: by this deed nobody gets it again within {length}"))
                    .suggest(format!("write `cooldown {length}`"), range, format!("cooldown {length}")),
            );
        }
        let sent = self.tokens.get(..said.first)?.iter().rposition(|token| token.is("send"));
        let channel = sent.and_then(|send| self.tokens.get(send + 1)).map_or("", |channel| channel.text);
        let limit = format!("limit {channel} {} within {length}", said.number).replace("  ", " ");
        let message = "so many within a time are counted by the policy, not by a deed";
        Some(
            Mistake::new(code::FOREIGN_FORM, range, message)
                .help(format!("write `policy {{ {limit} }}`, which counts the messages of all segments"))
                .help(format!("behind the deed `at most {} times` counts one stay in the segment", said.number)),
        )
    }

    /// How often something is said to be done, in words that begin at a token: `at most once per week`, `once a week`.
    fn often_from(&self, first: usize) -> Option<Often> {
        let word = |at: usize| self.tokens.get(at).filter(|token| token.kind == Kind::Word);
        let is = |at: usize, text: &str| word(at).is_some_and(|word| word.is(text));
        let bounds: [&[&str]; 7] = [
            &["at", "most"],
            &["no", "more", "than"],
            &["not", "more", "than"],
            &["up", "to"],
            &["max"],
            &["maximum"],
            &["limit"],
        ];
        let bound = bounds.into_iter().find(|words| words.iter().enumerate().all(|(at, word)| is(first + at, word)));
        let at_most = bound.is_some();
        let mut at = first + bound.map_or(0, <[&str]>::len);
        let amount = self.tokens.get(at)?;
        let counted = times(amount.text);
        let number = match amount.kind {
            Kind::Number if at_most => amount.text.parse().ok()?,
            Kind::Word => counted?,
            _ => return None,
        };
        at += 1;
        if is(at, "time") || is(at, "times") {
            at += 1;
        }
        let mut said = Often { first, start: self.tokens.get(first)?.start, end: amount.end(), number, length: None };
        let joins = ["per", "a", "an", "each", "every", "within", "in", "any"];
        if word(at).is_some_and(|word| joins.contains(&word.text)) {
            let (length, end) = self.length_at(at + 1)?;
            said.length = Some(length);
            said.end = end;
        } else if let Some(adverb) = word(at).and_then(|word| Some((adverb(word.text)?, word.end()))) {
            said.length = Some(adverb.0.to_owned());
            said.end = adverb.1;
        }
        let counts = at_most && counted.is_some() && self.expects(Rule::kw_times);
        (said.length.is_some() || counts).then_some(said)
    }

    /// A length of time at a token, and where it ends: `7d`, `7 days`, `week`.
    fn length_at(&self, at: usize) -> Option<(String, usize)> {
        let token = self.tokens.get(at)?;
        if token.kind == Kind::Word {
            return Some((numbers::period(token.text)?.to_owned(), token.end()));
        }
        let unit = self.tokens.get(at + 1).filter(|unit| unit.kind == Kind::Word && numbers::is_plain(token.text));
        match unit.and_then(|unit| Some((numbers::unit_of(unit.text)?, unit.end()))) {
            Some((unit, end)) => Some((numbers::duration(token.text, unit), end)),
            None => Some((numbers::length(token.text)?, token.end())),
        }
    }

    /// `send sms "…{coupon}…" coupon = 50`
    fn with_left_out(&self, this: &Token<'_>) -> Option<Mistake> {
        let name = matches!(this.kind, Kind::Word | Kind::Quoted) && !words::is_reserved(this.text);
        let sign = self.next().filter(|sign| name && (sign.is("=") || sign.is(":")))?;
        self.previous().filter(|_| self.expects_any(&[Rule::with, Rule::kw_with]))?;
        let value = self.token(2).filter(|value| value.kind != Kind::Sign)?;
        if self.token(3).is_some_and(|join| matches!(join.text, "and" | "or")) {
            return None;
        }
        let pair = format!("{} = {}", this.text, value.text);
        let hole = format!("{{{}", this.text);
        let holds = self.tokens.get(..self.at)?.iter().rfind(|it| it.kind == Kind::Text);
        let holds = holds.is_some_and(|text| text.text.contains(&hole));
        let mut mistake = Mistake::new(code::MISSING_WORD, this.range(), "`with` is left out before what goes along")
            .help(format!("write `with {pair}`"));
        if !holds && sign.is("=") {
            mistake = mistake.help(format!("if it is the condition, write `when {pair}`"));
        }
        let mut mistake = mistake.suggest("write `with` here", this.start..this.start, "with ").certain_if(holds);
        if sign.is(":") {
            mistake.edits.push((this.end()..sign.end(), " =".to_owned()));
        }
        Some(mistake)
    }

    /// Whether a deed could begin here.
    fn deed_is_due(&self) -> bool {
        self.expects_any(&[Rule::deed, Rule::act, Rule::send, Rule::kw_send]) && !self.expects_operand()
    }

    /// `on enter when spend > 3 send sms "…"`, `if spend > 3 then send sms "…"`
    fn condition_before_its_deed(&self, this: &Token<'_>) -> Option<Mistake> {
        if !matches!(this.text, "when" | "if" | "where") || this.kind != Kind::Word || !self.deed_is_due() {
            return None;
        }
        // `on each orders when paid`
        if self.token(-2).is_some_and(|each| each.is("each")) {
            return None;
        }
        let (act_at, act) =
            self.tokens.iter().enumerate().skip(self.at + 1).find(|(_, it)| ACTS.iter().any(|act| it.is(act)))?;
        let then = self.tokens.get(act_at - 1).filter(|then| then.is("then"));
        let condition = self.slice(this.end()..then.map_or(act.start, |then| then.start)).trim();
        if condition.contains(['{', '}']) || condition.is_empty() {
            return None;
        }
        let behind = self.tokens.get(act_at + 1..)?;
        let over = |token: &Token<'_>| {
            token.kind != Kind::Text
                && (matches!(
                    token.text,
                    "when" | "otherwise" | "if" | "else" | "}" | "on" | "every" | "require" | "backfill"
                ) || ACTS.contains(&token.text))
        };
        let deed = behind.get(..behind.iter().position(over).unwrap_or(behind.len()))?;
        let end = deed.last()?.end();
        let act_text = self.slice(act.start..end);
        let message = "the condition of a deed stands behind it";
        let help = format!("write `{} when {condition}`", act_text.trim());
        let range = this.start..act.start;
        let place = this.start..this.end() + self.slice(this.end()..act.start).trim_end().len();
        // What stands in several lines may hold a comment, which a mend would lose.
        if condition.contains('\n') || act_text.contains('\n') {
            return Some(Mistake::new(code::FOREIGN_FORM, this.range(), message).help("write `send … when CONDITION`"));
        }
        let mut mistake = Mistake::new(code::FOREIGN_FORM, place, message).help(help.clone()).suggest(help, range, "");
        mistake.edits.push((end..end, format!(" when {condition}")));
        Some(mistake)
    }

    /// `send sms "…" when spend > 3 else send sms "…"`
    fn else_before_its_deed(&self, this: &Token<'_>) -> Option<Mistake> {
        let act = self.next().filter(|act| this.is("else") && ACTS.contains(&act.text))?;
        let behind = self.tokens.get(self.at + 2..)?;
        let over = |token: &Token<'_>| token.kind != Kind::Text && (token.is("}") || PARTS.contains(&token.text));
        let deed = behind.get(..behind.iter().position(over).unwrap_or(behind.len()))?;
        let end = deed.last()?.end();
        let written = format!("{} otherwise", self.slice(act.start..end));
        let mut mistake =
            Mistake::new(code::FOREIGN_FORM, this.range(), "the last deed of a block ends in `otherwise`")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), this.start..act.start, "");
        mistake.edits.push((end..end, " otherwise".to_owned()));
        Some(mistake)
    }

    /// `wait 3d send sms "…"`, `send sms "…" after 3d`
    fn after_a_while(&self, this: &Token<'_>) -> Option<Mistake> {
        let waits =
            matches!(this.text, "wait" | "delay" | "sleep" | "pause" | "after" | "then") && this.kind == Kind::Word;
        if !waits || !(self.deed_is_due() || self.expects_any(&[Rule::kw_cooldown, Rule::cooldown])) {
            return None;
        }
        let at =
            self.at + 1 + usize::from(self.next().is_some_and(|next| matches!(next.text, "for" | "after" | "wait")));
        let (length, end) = self.length_at(at)?;
        let before = self.previous().is_some_and(|it| matches!(it.kind, Kind::Text | Kind::Word));
        let sent = self
            .tokens
            .iter()
            .skip(self.at)
            .find(|token| ACTS.contains(&token.text))
            .filter(|_| !before || !this.is("after"));
        let sent = sent.or_else(|| self.tokens.iter().take(self.at).rfind(|token| ACTS.contains(&token.text)));
        let deed = sent.map_or_else(|| "send sms \"…\"".to_owned(), |act| self.deed_at(act));
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                this.start..end,
                "a deed is done in the run that finds it due: none waits",
            )
            .help(format!("write a trigger of its own: `every {length} {deed} at most 1 times`"))
            .help(format!("it is due {length} after somebody entered, where they are inside still")),
        )
    }

    /// The first words of a deed, up to its text.
    fn deed_at(&self, act: &Token<'_>) -> String {
        let from = self.tokens.iter().skip_while(|token| token.start < act.start).take(3);
        let mut words: Vec<&str> = vec![];
        for token in from {
            if token.start != act.start && (token.kind == Kind::Sign || PARTS.contains(&token.text)) {
                break;
            }
            words.push(token.text);
            if act.is("do") && words.len() == 2 {
                break;
            }
        }
        words.join(" ")
    }

    /// `daily send sms "…"`, `each month send sms "…"`
    fn period_as_a_trigger(&self, this: &Token<'_>) -> Option<Mistake> {
        // `send sms "…" every week`: what was begun as the next trigger says how often the one before is done.
        if let Some(every) = self.token(-2).filter(|every| every.is("every") && this.is("}") && self.deed_is_due()) {
            let (length, end) = self.length_at(self.at - 1)?;
            let before = self.token(-3).is_some_and(|it| !it.is("{"));
            return before.then(|| self.how_often(every.start..end, &length))?;
        }
        if !self.expects_any(&[Rule::segment_entry, Rule::trigger, Rule::trigger_on, Rule::kw_every]) {
            return None;
        }
        let (length, end) = match this.text {
            "each" | "once" | "per" if self.next().is_some_and(|it| it.is("a") || it.is("every") || it.is("each")) => {
                self.length_at(self.at + 2)?
            }
            "each" | "per" => self.length_at(self.at + 1)?,
            word => (adverb(word)?.to_owned(), this.end()),
        };
        let range = this.start..end;
        let behind = self.tokens.iter().find(|token| token.start >= end);
        if !behind.is_some_and(|it| it.is("{") || it.is("split") || ACTS.contains(&it.text)) {
            return self.how_often(range, &length);
        }
        let written = format!("every {length}");
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                range.clone(),
                format!("{} is written `{written}` here", shown(self.slice(range.clone()))),
            )
            .help(format!("write `{written}`"))
            .fix(format!("write `{written}`"), range, written),
        )
    }

    /// `send sms "…" weekly`
    fn how_often(&self, range: std::ops::Range<usize>, length: &str) -> Option<Mistake> {
        let act = self.tokens.iter().rfind(|token| token.start < range.start && ACTS.contains(&token.text))?;
        let deed = self.deed_at(act);
        Some(
            Mistake::new(code::FOREIGN_FORM, range, "how often something is done is said by its trigger")
                .help(format!("write `every {length} {deed}`, which is due {length} after somebody entered, and again"))
                .help(format!("on entering, but not again within {length}: `on enter {deed} cooldown {length}`")),
        )
    }
}

/// How often something is said to be done.
struct Often {
    /// The token that it begins at.
    first: usize,
    start: usize,
    end: usize,
    number: u32,
    /// Within what time; nothing where none is said.
    length: Option<String>,
}

impl Often {
    fn range(&self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

/// `once` as 1
pub(super) fn times(word: &str) -> Option<u32> {
    Some(match word {
        "once" | "one" => 1,
        "twice" | "two" => 2,
        "thrice" | "three" => 3,
        _ => return None,
    })
}

/// `weekly` as `7d`
fn adverb(word: &str) -> Option<&'static str> {
    Some(match word {
        "hourly" => "1h",
        "daily" | "everyday" => "1d",
        "weekly" => "7d",
        "monthly" => "1mo",
        "yearly" | "annually" => "1y",
        _ => return None,
    })
}
