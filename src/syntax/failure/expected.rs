//! What is said where nothing special is known: what could have stood there.

use super::{
    super::{grammar::Rule, words},
    Around, Kind, Mistake, shown,
};
use crate::diagnostic::code;

impl Around<'_> {
    /// The words of the language that could have stood here.
    pub(super) fn expected_words(&self) -> Vec<&'static str> {
        let mut words: Vec<&'static str> = vec![];
        for rule in self.expected {
            for word in words_of(*rule) {
                if !words.contains(word) {
                    words.push(word);
                }
            }
        }
        words
    }

    pub(super) fn unexpected(&self) -> Mistake {
        let expected = self.expectation();
        let Some(this) = self.this() else {
            let gap = self.gap();
            let primary = self.previous().map_or(gap..gap, |previous| previous.range());
            let Some(after) = self.previous().map(|previous| previous.text) else {
                return Mistake::new(code::UNEXPECTED, primary, "there is nothing here");
            };
            return Mistake::new(code::UNEXPECTED, primary, format!("something is left out after {}", shown(after)))
                .help(format!("{expected} is expected after it"));
        };
        let joins = this.is("where") || this.is("when");
        if joins
            && self.follows_operand()
            && self.expects(Rule::kw_and)
            && !self.previous().is_some_and(|it| it.is(")"))
        {
            return self.instead(this, "and");
        }
        if this.is("where") || this.is("per") {
            return Mistake::new(
                code::CLAUSE_OUTSIDE,
                this.range(),
                format!("`{}` has no table to choose rows from here", this.text),
            )
            .help(format!("it stands inside an aggregate: `count(orders {} …)`", this.text));
        }
        let value = matches!(this.kind, Kind::Number | Kind::Text) && self.expects(Rule::kw_and);
        if let Some(previous) =
            self.previous().filter(|it| value && it.kind == Kind::Word && !words::is_reserved(it.text))
        {
            if let Some(ago) = super::numbers::proper(this.text).filter(|_| this.kind == Kind::Number) {
                let message = format!("an operator is left out before {}", shown(this.text));
                return Mistake::new(code::MISSING_WORD, this.range(), message).help(format!(
                    "write `{0} < {ago}` for longer ago, `{0} within {1}` for since then",
                    previous.text,
                    ago.trim_end_matches(" ago")
                ));
            }
            let sign = if this.kind == Kind::Text { "=" } else { ">=" };
            return Mistake::new(
                code::MISSING_WORD,
                this.range(),
                format!("an operator is left out before {}", shown(this.text)),
            )
            .help(format!("write `{} {sign} {}`, or another comparison", previous.text, this.text));
        }
        if matches!(this.text, "then" | "\u{90a3}\u{4e48}" | "\u{5219}" | "\u{5c31}") {
            return Mistake::new(code::UNEXPECTED, this.range(), "a condition is followed by nothing that is done")
                .help("write a `segment` for what is done: `segment NAME when CONDITION { on enter send sms \"…\" }`");
        }
        Mistake::new(code::UNEXPECTED, this.range(), format!("{} is not expected here", shown(this.text))).help(
            match self.previous() {
                Some(previous) => format!("{expected} is expected after {}", shown(previous.text)),
                None => format!("{expected} is expected here"),
            },
        )
    }

    /// What could have stood here, in our words.
    fn expectation(&self) -> String {
        if self.expects_operand() {
            return "a value or a condition".to_owned();
        }
        let mut said: Vec<String> = vec![];
        let mut add = |text: &str| {
            if !said.iter().any(|it| it == text) {
                said.push(text.to_owned());
            }
        };
        if self.expects_any(&[Rule::kw_and, Rule::kw_or]) {
            add("an operator");
        }
        for rule in self.expected {
            match rule {
                Rule::name | Rule::column_name | Rule::word | Rule::bare => add("a name"),
                Rule::text => add("a text in quotes"),
                Rule::label => add("a label in quotes"),
                Rule::number | Rule::digits => add("a number"),
                Rule::literal => add("a literal"),
                Rule::pattern => add("a pattern such as `/^1[3-9]/`"),
                Rule::period => add("a period such as `this month`"),
                Rule::column_type | Rule::type_name => add("a type such as `text`"),
                Rule::dots => add("`..`"),
                Rule::equals => add("`=`"),
                Rule::colon => add("`:`"),
                Rule::brace | Rule::arms | Rule::record | Rule::columns => add("`{`"),
                Rule::unbrace => add("`}`"),
                Rule::close => add("`)`"),
                Rule::list_end => add("`]`"),
                Rule::records | Rule::names => add("`[`"),
                Rule::comma if !self.expects(Rule::unbrace) => add("`,`"),
                Rule::EOI | Rule::next_one | Rule::declares => add("the next declaration"),
                Rule::deed | Rule::act => add("`send`, `do` or `hold`"),
                Rule::arm | Rule::step => add("a value's name"),
                Rule::score_arm | Rule::points => add("points"),
                Rule::column => add("a column"),
                other if !self.expects(Rule::kw_and) || matches!(other, Rule::kw_else | Rule::kw_then) => {
                    for word in words_of(*other) {
                        add(&format!("`{word}`"));
                    }
                }
                _ => {}
            }
        }
        said.truncate(6);
        match said.split_last() {
            None => "something else".to_owned(),
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }
}

/// The words that a construct begins with.
fn words_of(rule: Rule) -> &'static [&'static str] {
    use Rule::*;
    match rule {
        declaration | next_one | declares | one => words::DECLARATIONS,
        kw_and => &["and"],
        kw_or => &["or"],
        kw_not | negation | not_before | not_after => &["not"],
        kw_before => &["before"],
        kw_after => &["after"],
        word_test | window => {
            &["between", "within", "during", "in", "contains", "starts", "ends", "matches", "has", "not", "is"]
        }
        is_test | kw_is => &["is"],
        between | kw_between => &["between"],
        within | kw_within | step_within => &["within"],
        during | kw_during => &["during"],
        membership | kw_in | column_in => &["in"],
        contains | kw_contains => &["contains"],
        starts_with | kw_starts => &["starts"],
        ends_with | kw_ends => &["ends"],
        matches | kw_matches => &["matches"],
        has | kw_has => &["has"],
        kw_if | if_then_else | if_arm => &["if"],
        kw_then | then_entry => &["then"],
        kw_else => &["else"],
        kw_when | when => &["when"],
        kw_where | clause_where => &["where"],
        kw_per | clause_per => &["per"],
        kw_by | clause_by | level_by | funnel_by | table_by => &["by"],
        kw_of | table_of | list_of => &["of"],
        kw_at | table_at | at_most | at_once => &["at"],
        kw_key | table_key => &["key"],
        kw_from | table_from | column_from | score_from | arm_from => &["from"],
        kw_otherwise => &["otherwise"],
        kw_missing => &["missing"],
        kw_known => &["known"],
        kw_with | with | overrides | goes_with => &["with"],
        kw_timezone => &["timezone"],
        kw_column => &["column"],
        kw_clamp | score_clamp => &["clamp"],
        kw_exclusive => &["exclusive"],
        kw_on => &["on"],
        kw_enter | kw_exit | on_each => &["enter", "exit", "each"],
        trigger | trigger_on => &["on", "every"],
        segment_entry => &["require", "on", "every", "backfill"],
        kw_require | require => &["require"],
        kw_backfill => &["backfill"],
        deed | act => &["send", "do", "hold"],
        send | kw_send => &["send"],
        do_verb | kw_do => &["do"],
        kw_hold => &["hold"],
        split | kw_split => &["split"],
        hours | kw_hours => &["hours"],
        cooldown | kw_cooldown => &["cooldown"],
        kw_once => &["once"],
        kw_times => &["times"],
        kw_most => &["most"],
        policy_entry => &["require", "limit", "quiet", "exempt", "priority"],
        limit | kw_limit => &["limit"],
        quiet | kw_quiet => &["quiet"],
        exempt | kw_exempt => &["exempt"],
        priority | kw_priority => &["priority"],
        requirement => &["at", "must"],
        at_most_characters | kw_characters => &["characters"],
        must_contain | kw_must => &["must"],
        kw_contain => &["contain"],
        case | given | first_entry | kw_given => &["given"],
        expect | kw_expect => &["expect"],
        as_of | kw_as => &["as"],
        arm_keep | kw_keep => &["keep"],
        kw_minus => &["minus"],
        kw_ago => &["ago"],
        kw_week | kw_month | kw_quarter | kw_year => &["week", "month", "quarter", "year"],
        period => &["today", "yesterday", "tomorrow", "this", "last", "next"],
        kw_param | kw_list | override_ => &["param", "list"],
        _ => &[],
    }
}
