//! What is done about users, written in the words of everyday speech: triggers, messages and their hours in segments, limits in the
//! policy, texts of templates, requirements of channels.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, deeds, numbers, shown, words};
use crate::diagnostic::code;

impl Around<'_> {
    pub(super) fn action(&self) -> Option<Mistake> {
        let this = self.this()?;
        match self.within_declaration() {
            "segment" => self.in_a_segment(this),
            "policy" => self.in_the_policy(this),
            "template" => self.in_a_template(this),
            "channel" => self.in_a_channel(this),
            _ => None,
        }
    }

    fn in_a_segment(&self, this: &Token<'_>) -> Option<Mistake> {
        None.or_else(|| self.deed_in_words(this))
            .or_else(|| self.deed_without_trigger(this))
            .or_else(|| self.only_if(this))
            .or_else(|| self.channel_behind_its_text(this))
            .or_else(|| self.word_before_a_text(this))
            .or_else(|| self.message_without_quotes(this))
            .or_else(|| self.hours_in_words(this))
            .or_else(|| self.trigger_in_words(this))
            .or_else(|| self.share_without_a_name(this))
            .or_else(|| self.with_in_braces(this))
    }

    /// `segment s when vip { send sms "…" }`
    fn deed_without_trigger(&self, this: &Token<'_>) -> Option<Mistake> {
        let deed = matches!(this.text, "send" | "do" | "hold" | "split") && this.kind == Kind::Word;
        (deed && self.expects_any(&[Rule::segment_entry, Rule::trigger, Rule::trigger_on])).then(|| {
            Mistake::new(code::MISSING_WORD, this.range(), format!("when to {} is left out", this.text))
                .help(format!("write `on enter {}`, `on exit {0}` or `every 30d {0}`", this.text))
                .suggest("write `on enter` here", this.start..this.start, "on enter ")
        })
    }

    /// `only if not opted_out`
    fn only_if(&self, this: &Token<'_>) -> Option<Mistake> {
        let if_ = self.next().filter(|next| matches!(next.text, "if" | "when"));
        let end = match (this.text, if_) {
            ("only", Some(if_)) => if_.end(),
            ("requires" | "if" | "where" | "needs", _) => this.end(),
            _ => return None,
        };
        let range = this.start..end;
        self.expects_any(&[Rule::segment_entry, Rule::require, Rule::kw_require]).then(|| {
            let typed = self.slice(range.clone());
            Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{typed}` is written `require` here"))
                .help("write `require`")
                .fix("write `require`", range, "require")
        })
    }

    /// `send "hi" by sms`
    fn channel_behind_its_text(&self, this: &Token<'_>) -> Option<Mistake> {
        self.previous().filter(|send| send.is("send") && this.kind == Kind::Text)?;
        self.next().filter(|by| matches!(by.text, "by" | "via" | "through" | "over" | "on" | "with"))?;
        let channel = self.token(2).filter(|channel| channel.kind == Kind::Word)?;
        let written = format!("{} {}", channel.text, this.text);
        let range = this.start..channel.end();
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), "the channel stands before its message")
                .help(format!("write `send {written}`"))
                .fix(format!("write `send {written}`"), range, written),
        )
    }

    /// `send email to "…"`
    fn word_before_a_text(&self, this: &Token<'_>) -> Option<Mistake> {
        let word = self.previous().filter(|word| word.kind == Kind::Word && this.kind == Kind::Text)?;
        let filler = matches!(word.text, "to" | "message" | "text" | "with" | "saying" | "content" | "template");
        let channel = self.token(-2).filter(|channel| filler && channel.kind == Kind::Word)?;
        self.token(-3).filter(|send| send.is("send"))?;
        Some(
            Mistake::new(code::FOREIGN_FORM, word.range(), format!("`{}` is not needed here", word.text))
                .help(format!("write `send {} {}`", channel.text, this.text))
                .fix("remove it", word.start..this.start, ""),
        )
    }

    /// `send sms hello world`
    fn message_without_quotes(&self, this: &Token<'_>) -> Option<Mistake> {
        let first = self.previous().filter(|first| first.kind == Kind::Word)?;
        let channel = self.token(-2).filter(|channel| channel.kind == Kind::Word)?;
        self.token(-3).filter(|send| send.is("send"))?;
        let expected = self.expected_words();
        let plain =
            |it: &Token<'_>| it.kind == Kind::Word && !words::is_reserved(it.text) && !expected.contains(&it.text);
        if !plain(this) || super::declarations::misspelt(this.text, &expected).is_some() {
            return None;
        }
        let rest = self.tokens.get(self.at..)?.iter().take_while(|token| plain(token));
        let end = rest.last().map_or(this.end(), Token::end);
        let range = first.start..end;
        let written = format!("\"{}\"", self.slice(range.clone()));
        Some(
            Mistake::new(code::BAD_NAME, range.clone(), "a message stands in quotes")
                .help(format!("write `send {} {written}`; a single bare word is the name of a template", channel.text))
                .suggest("put it in quotes", range, written),
        )
    }

    /// `between 9:00 and 21:00` behind a message
    fn hours_in_words(&self, this: &Token<'_>) -> Option<Mistake> {
        if !matches!(this.text, "between" | "from" | "at" | "during")
            || !self.expects_any(&[Rule::hours, Rule::kw_hours])
        {
            return None;
        }
        let time = |at: isize| self.token(at).filter(|it| it.kind == Kind::Number && it.text.contains(':'));
        let (from, to) = (time(1)?, time(3)?);
        let written = format!("hours {}..{}", time_of_day(from.text), time_of_day(to.text));
        let range = this.start..to.end();
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                range.clone(),
                "the hours in which a message may come stand behind `hours`",
            )
            .help(format!("write `{written}`"))
            .fix(format!("write `{written}`"), range, written),
        )
    }

    /// `on every 30d`, `on each orders when paid`
    fn trigger_in_words(&self, this: &Token<'_>) -> Option<Mistake> {
        let on = self.previous();
        if let Some(on) = on.filter(|on| on.is("on") && this.is("every")) {
            return Some(
                Mistake::new(code::FOREIGN_FORM, on.range(), "no `on` stands before `every`")
                    .help("write `every 30d`")
                    .fix("remove it", on.start..this.start, ""),
            );
        }
        let each = this.is("when") && self.token(-2).is_some_and(|each| each.is("each"));
        each.then(|| self.instead(this, "where").certain_if(true))
    }

    /// `split "x" { 50% send sms "…" }`
    fn share_without_a_name(&self, this: &Token<'_>) -> Option<Mistake> {
        let deed = match self.previous()? {
            // `send` was taken for the name of the share.
            previous if matches!(previous.text, "send" | "do" | "hold") => previous,
            _ if matches!(this.text, "send" | "do" | "hold") => this,
            _ => return None,
        };
        let at = self.tokens.iter().position(|token| token.start == deed.start)?;
        let share = self.tokens.get(at.checked_sub(1)?).filter(|share| share.text.ends_with('%'))?;
        let before =
            self.tokens.iter().take(at).filter(|token| token.kind == Kind::Number && token.text.ends_with('%'));
        let name = ["a", "b", "c", "d"].get(before.count().saturating_sub(1)).unwrap_or(&"e");
        Some(
            Mistake::new(code::MISSING_WORD, share.range(), "the name of this share is left out")
                .help(format!("give it one, which decisions are told apart by: `{} {name} {}`", share.text, deed.text))
                .suggest(format!("call it `{name}`"), share.end()..share.end(), format!(" {name}")),
        )
    }

    /// `with { coupon: 5 }`
    fn with_in_braces(&self, this: &Token<'_>) -> Option<Mistake> {
        self.previous().filter(|with| with.is("with") && (this.is("{") || this.is("(")))?;
        let close = self.matching(self.at)?;
        let inside = self.slice(this.end()..close.start).trim().replace(": ", " = ").replace(':', " = ");
        let range = this.start..close.end();
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), "what goes with a message stands without brackets")
                .help(format!("write `with {inside}`"))
                .suggest(format!("write `with {inside}`"), range, inside),
        )
    }

    fn in_the_policy(&self, this: &Token<'_>) -> Option<Mistake> {
        None.or_else(|| self.limit_in_words(this))
            .or_else(|| self.quiet_hours(this))
            .or_else(|| self.names_in_a_row(this))
            .or_else(|| self.colon_for_a_brace(this))
            .or_else(|| self.only_if(this))
    }

    /// `max 3 per week`, `limit 3 messages a week`, `limit sms to 1 within 1d`
    fn limit_in_words(&self, this: &Token<'_>) -> Option<Mistake> {
        let limit = match self.tokens.iter().take(self.at).rposition(|token| token.is("limit")) {
            Some(limit) if self.at - limit <= 3 => limit,
            _ if matches!(this.text, "max" | "maximum" | "at" | "no") => self.at,
            // `sms at most once per week`
            _ if self.expects(Rule::policy_entry)
                && this.kind == Kind::Word
                && self.next().is_some_and(|next| matches!(next.text, "max" | "maximum" | "at")) =>
            {
                self.at
            }
            _ => return None,
        };
        let rest = self.tokens.get(limit + 1..)?.iter().take(8);
        let named = self.tokens.get(limit).filter(|it| !matches!(it.text, "limit" | "max" | "maximum" | "at" | "no"));
        let (mut channel, mut number, mut end) = (named, None, None);
        let mut length: Option<String> = None;
        for token in rest {
            match (&number, token.kind) {
                (None, Kind::Number) => number = Some(token.text.to_owned()),
                (None, Kind::Word) if let Some(times) = deeds::times(token.text) => number = Some(times.to_string()),
                (None, Kind::Word) if !matches!(token.text, "to" | "most" | "at" | "of" | "max" | "more" | "than") => {
                    channel = Some(token)
                }
                (None, Kind::Word) => {}
                (Some(_), Kind::Number) => {
                    length = Some(token.text.to_owned());
                    end = Some(token.end());
                    break;
                }
                (Some(_), Kind::Word) => {
                    if let Some(period) = numbers::period(token.text) {
                        length = Some(period.to_owned());
                        end = Some(token.end());
                        break;
                    }
                    if words::begins_declaration(token.text) || matches!(token.text, "require" | "limit" | "quiet") {
                        break;
                    }
                }
                (Some(_), Kind::Sign) if token.is("/") => {}
                _ => break,
            }
        }
        let (number, length, end) = (number?, length?, end?);
        let channel = channel.map(|channel| format!("{} ", channel.text)).unwrap_or_default();
        let written = format!("limit {channel}{number} within {length}");
        let range = self.tokens.get(limit)?.start..end;
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), "a limit is a number, and the time within which it holds")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `quiet hours 22:00..08:00`
    fn quiet_hours(&self, this: &Token<'_>) -> Option<Mistake> {
        let word = self.previous().filter(|word| word.kind == Kind::Word && this.kind == Kind::Number)?;
        let quiet =
            self.token(-2).filter(|quiet| quiet.is("quiet") && matches!(word.text, "hours" | "time" | "hour"))?;
        Some(
            Mistake::new(code::FOREIGN_FORM, word.range(), format!("`{}` is not needed here", word.text))
                .help("write `quiet 22:00..08:00`")
                .fix("remove it", quiet.end()..word.end(), ""),
        )
    }

    /// `priority a, b`, `exempt [a b]`
    fn names_in_a_row(&self, this: &Token<'_>) -> Option<Mistake> {
        if this.kind != Kind::Word {
            return None;
        }
        if self.expects(Rule::names) {
            let mut end = this.end();
            let mut rest = self.tokens.get(self.at + 1..)?;
            while let [comma, name, behind @ ..] = rest {
                if !comma.is(",") || name.kind != Kind::Word {
                    break;
                }
                end = name.end();
                rest = behind;
            }
            let written = format!("[{}]", self.slice(this.start..end));
            return Some(
                Mistake::new(code::LIST_BRACKETS, this.start..end, "segments are listed in square brackets")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), this.start..end, written),
            );
        }
        let name = self.previous().filter(|name| name.kind == Kind::Word && self.expects(Rule::list_end))?;
        Some(
            Mistake::new(code::MISSING_WORD, this.range(), "a comma is left out between two names")
                .help(format!("write `{}, {}`", name.text, this.text))
                .fix("write `,` here", name.end()..name.end(), ","),
        )
    }

    /// `policy: require not opted_out`
    fn colon_for_a_brace(&self, this: &Token<'_>) -> Option<Mistake> {
        if !this.is(":") || !self.expects(Rule::brace) {
            return None;
        }
        let end = self.tokens.last()?.end();
        let mut mistake = Mistake::new(code::FOREIGN_FORM, this.range(), "what it holds stands in braces")
            .help("write `{` here, and `}` at the end")
            .suggest("write braces", this.range(), " {");
        mistake.edits.push((end..end, " }".to_owned()));
        Some(mistake)
    }

    /// `template hi { "…" }`, `template hi "…" "…"`
    fn in_a_template(&self, this: &Token<'_>) -> Option<Mistake> {
        if this.is("{") || this.is("(") {
            let (text, close) = (self.next().filter(|text| text.kind == Kind::Text)?, self.matching(self.at)?);
            let written = text.text.to_owned();
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.start..close.end(), "a template's text stands without brackets")
                    .help(format!("write {}", shown(&written)))
                    .fix("remove the brackets", this.start..close.end(), written),
            );
        }
        (this.kind == Kind::Text && self.previous().is_some_and(|text| text.kind == Kind::Text)).then(|| {
            Mistake::new(code::SAID_TWICE, this.range(), "a template has one text")
                .help("join the two: `\\n` is a line break in a text")
        })
    }

    /// `channel sms { contains "…" }`
    fn in_a_channel(&self, this: &Token<'_>) -> Option<Mistake> {
        if matches!(this.text, "contains" | "contain" | "includes" | "has" | "require")
            && self.expects_any(&[Rule::requirement, Rule::must_contain, Rule::kw_must])
            && self.next().is_some_and(|text| text.kind == Kind::Text)
        {
            return Some(self.instead(this, "must contain").certain_if(true));
        }
        if matches!(this.text, "at" | "must" | "max") && self.open().is_empty() && self.expects(Rule::brace) {
            let end = self.tokens.last()?.end();
            let mut mistake = Mistake::new(code::MISSING_WORD, this.range(), "`{` is left out before this")
                .help(format!("put `{{` before {} and `}}` at the end", shown(this.text)))
                .suggest("put braces around it", this.start..this.start, "{ ");
            mistake.edits.push((end..end, " }".to_owned()));
            return Some(mistake);
        }
        None
    }
}

/// `9:00` as `09:00`
fn time_of_day(text: &str) -> String {
    if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() }
}
