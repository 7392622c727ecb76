//! A program as its tokens, and tokens as text with as little between them as there can be, or with more. It is written
//! from the grammar and knows nothing of the one layout.

mod expression;

use tagwell::syntax::{
    ast::{
        Act, Arm, Choice, Column, ColumnFormat, Declaration, DeclarationKind, Deed, DeedChoice, Details, Entry,
        Expectation, ExpectationKind, Expr, Field, File, FunnelSource, GivenValue, Message, Name, Override,
        PolicyEntry, Requirement, SegmentEntry, StopReason, TableSource, Term, Text, Trigger, TriggerBody, TriggerKind,
        TypeName,
    },
    is_reserved,
};
use unicode_ident::{is_xid_continue, is_xid_start};

/// A token, or a place where there may be a comma.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Sign(String),
    OptionalComma,
}

/// The tokens of a program.
pub(crate) fn file(file: &File) -> Vec<Token> {
    let mut tokens = Tokens(vec![]);
    file.declarations.iter().for_each(|it| tokens.declaration(it));
    tokens.0
}

/// The tokens of an expression.
pub(crate) fn expression(expr: &Expr) -> Vec<Token> {
    let mut tokens = Tokens(vec![]);
    tokens.expression(expr);
    tokens.0
}

/// As short as it can be: no line breaks, no optional commas, a space only where two tokens would run together.
pub(crate) fn on_one_line(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in signs(tokens) {
        if run_together(&text, token) {
            text.push(' ');
        }
        text += token;
    }
    text
}

/// The tokens without the optional commas.
pub(crate) fn signs(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| match token {
        Token::Sign(text) => Some(text.as_str()),
        Token::OptionalComma => None,
    })
}

/// Whether `next` would become part of what `text` ends with.
pub(crate) fn run_together(text: &str, next: &str) -> bool {
    let (Some(last), Some(first)) = (text.chars().next_back(), next.chars().next()) else { return false };
    let wordy = |it: char| is_xid_continue(it) || matches!(it, '"' | '`' | '%');
    // A number takes a sign for a date's or an offset's, and two dashes are another language's comment.
    let number = last.is_ascii_digit() && matches!(first, '-' | '+');
    wordy(last) && wordy(first) || number || (last == '-' && first == '-') || (last == '/' && is_xid_continue(first))
}

struct Tokens(Vec<Token>);

fn bare(name: &Name) -> bool {
    let mut all = name.symbol.chars();
    let starts = all.next().is_some_and(|first| first == '_' || is_xid_start(first));
    starts && name.symbol.chars().all(|it| is_xid_continue(it) && !('\u{ff01}'..='\u{ff5e}').contains(&it))
}

impl Tokens {
    /// Words and signs with a space between.
    fn put(&mut self, words: &str) {
        self.0.extend(words.split(' ').map(|word| Token::Sign(word.into())));
    }

    /// One token, spaces and all.
    fn whole(&mut self, text: String) {
        self.0.push(Token::Sign(text));
    }

    fn name(&mut self, name: &Name) {
        let plain = bare(name) && !is_reserved(&name.symbol);
        self.whole(if plain { name.symbol.to_string() } else { format!("`{}`", name.symbol) });
    }

    fn text(&mut self, text: &str) {
        let mut quoted = String::from("\"");
        for it in text.chars() {
            match it {
                '"' | '\\' => quoted.extend(['\\', it]),
                '\n' => quoted += "\\n",
                '\t' => quoted += "\\t",
                '\u{feff}' | '\u{200b}' => quoted += &format!("\\u{{{:X}}}", it as u32),
                _ => quoted.push(it),
            }
        }
        self.whole(quoted + "\"");
    }

    fn option<T>(&mut self, words: &str, it: &Option<T>, put: impl FnOnce(&mut Tokens, &T)) {
        if let Some(it) = it {
            if !words.is_empty() {
                self.put(words);
            }
            put(self, it);
        }
    }

    fn listed<T>(&mut self, all: &[T], mut put: impl FnMut(&mut Tokens, &T)) {
        for (at, it) in all.iter().enumerate() {
            if at > 0 {
                self.put(",");
            }
            put(self, it);
        }
    }

    fn block<T>(&mut self, all: &[T], mut put: impl FnMut(&mut Tokens, &T)) {
        self.put("{");
        for it in all {
            put(self, it);
            self.0.push(Token::OptionalComma);
        }
        self.put("}");
    }

    fn head(&mut self, word: &str, name: &Name, label: &Option<Text>) {
        self.put(word);
        self.name(name);
        self.option("", label, |it, label| it.text(&label.value));
    }

    fn declaration(&mut self, it: &Declaration) {
        match &it.kind {
            DeclarationKind::Rulebook(it) => {
                self.put("rulebook");
                self.text(&it.name.value);
                self.option("timezone", &it.timezone, |all, zone| all.text(&zone.value));
            }
            DeclarationKind::Table(it) => {
                self.head("table", &it.name, &it.label);
                // The clauses of a table have no order.
                self.option("key", &it.key, Tokens::name);
                self.option("of", &it.of, Tokens::name);
                self.option("by", &it.by, Tokens::name);
                self.option("at", &it.at, Tokens::name);
                self.option("from", &it.from, |all, from| match from {
                    TableSource::File(file) => all.text(&file.value),
                    TableSource::Ledger(_) => all.put("ledger"),
                });
                self.option("", &it.columns, |all, columns| all.columns(columns));
            }
            DeclarationKind::Param(it) => {
                self.head("param", &it.name, &it.label);
                self.put("=");
                self.expression(&it.value);
            }
            DeclarationKind::List(it) => {
                self.head("list", &it.name, &it.label);
                self.put("from");
                self.text(&it.from.value);
                self.option("column", &it.column, Tokens::name);
            }
            DeclarationKind::Let(it) => {
                self.head("let", &it.name, &it.label);
                self.put("=");
                self.expression(&it.value);
            }
            DeclarationKind::Tag(it) => {
                self.head("tag", &it.name, &it.label);
                self.put("when");
                self.expression(&it.condition);
            }
            DeclarationKind::Score(it) => {
                self.head("score", &it.name, &it.label);
                self.option("from", &it.base, Tokens::expression);
                self.block(&it.arms, |all, arm| {
                    if arm.minus {
                        all.put("minus");
                    }
                    all.expression(&arm.points);
                    all.put("when");
                    all.expression(&arm.condition);
                });
                self.option("clamp", &it.clamp, Tokens::range);
            }
            DeclarationKind::Level(it) => {
                self.head("level", &it.name, &it.label);
                self.option("by", &it.by, Tokens::expression);
                self.block(&it.arms, Tokens::arm);
            }
            DeclarationKind::Layer(it) => {
                self.head("layer", &it.name, &it.label);
                self.option("exclusive", &it.exclusive, |_, _| {});
                self.block(&it.arms, Tokens::arm);
            }
            DeclarationKind::Funnel(it) => {
                self.head("funnel", &it.name, &it.label);
                self.put("on");
                match &it.on {
                    FunnelSource::Table(table) => self.name(table),
                    FunnelSource::Clause(clause) => {
                        self.put("(");
                        self.clause(clause);
                        self.put(")");
                    }
                }
                self.option("by", &it.by, Tokens::name);
                self.block(&it.steps, |all, step| {
                    all.name(&step.name);
                    all.option("", &step.label, |it, label| it.text(&label.value));
                    all.option("within", &step.within, Tokens::expression);
                    all.put("when");
                    all.expression(&step.condition);
                });
            }
            DeclarationKind::Segment(it) => {
                self.head("segment", &it.name, &it.label);
                self.put("when");
                self.expression(&it.condition);
                self.option("", &it.entries, |all, entries| all.block(entries, Tokens::segment_entry));
            }
            DeclarationKind::Policy(it) => {
                self.put("policy");
                self.block(&it.entries, Tokens::policy_entry);
            }
            DeclarationKind::Template(it) => {
                self.head("template", &it.name, &None);
                self.text(&it.text.value);
            }
            DeclarationKind::Channel(it) => {
                self.head("channel", &it.name, &it.label);
                self.block(&it.requirements, |all, requirement| match requirement {
                    Requirement::AtMostCharacters(it) => {
                        all.put("at most");
                        all.expression(it);
                        all.put("characters");
                    }
                    Requirement::MustContain(it) => {
                        all.put("must contain");
                        all.text(&it.value);
                    }
                });
            }
            DeclarationKind::Test(it) => {
                self.put("test");
                self.text(&it.name.value);
                self.option("as of", &it.as_of, Tokens::expression);
                self.put("{");
                it.cases.iter().flat_map(|case| &case.entries).for_each(|entry| self.entry(entry));
                self.put("}");
            }
            DeclarationKind::Snapshot(it) => {
                self.put("snapshot");
                self.text(&it.name.value);
                self.put("of");
                self.text(&it.of.value);
                for (table, file) in &it.tables {
                    self.put(",");
                    self.name(table);
                    self.put(":");
                    self.text(&file.value);
                }
                self.option("as of", &it.as_of, Tokens::expression);
            }
        }
    }

    /// Reserved words may be columns; a column named like a clause needs its comma.
    fn columns(&mut self, columns: &[Column]) {
        self.put("{");
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                let needed = matches!(column.name.symbol.as_str(), "from" | "in");
                self.0.push(if needed { Token::Sign(",".into()) } else { Token::OptionalComma });
            }
            if bare(&column.name) {
                self.whole(column.name.symbol.to_string())
            } else {
                self.name(&column.name)
            }
            self.put(":");
            self.type_name(&column.ty.base);
            if column.ty.optional {
                self.put("?");
            }
            self.option("from", &column.header, |all, header| all.text(&header.value));
            self.option("in", &column.format, |all, format| match format {
                ColumnFormat::Strftime(form) => all.text(&form.value),
                ColumnFormat::Epoch(unit) => {
                    all.put("epoch");
                    all.name(unit);
                }
            });
        }
        self.put("}");
    }

    fn type_name(&mut self, it: &TypeName) {
        match it {
            TypeName::Word(word) => self.name(word),
            TypeName::Decimal(digits) => self.put(&format!("decimal ( {digits} )")),
            TypeName::List(element) => {
                self.put("list of");
                self.type_name(element);
            }
        }
    }

    fn arm(&mut self, arm: &Arm) {
        self.name(&arm.name);
        self.option("", &arm.label, |all, label| all.text(&label.value));
        match &arm.choice {
            Choice::From { threshold, keep } => {
                self.put("from");
                self.expression(threshold);
                for it in keep {
                    self.put("keep");
                    self.expression(it);
                }
            }
            Choice::When(condition) => {
                self.put("when");
                self.expression(condition);
            }
            Choice::Otherwise(_) => self.put("otherwise"),
        }
    }

    fn segment_entry(&mut self, it: &SegmentEntry) {
        match it {
            SegmentEntry::Backfill(_) => self.put("backfill"),
            SegmentEntry::Require(condition) => {
                self.put("require");
                self.expression(condition);
            }
            SegmentEntry::Trigger(it) => self.trigger(it),
        }
    }

    fn trigger(&mut self, it: &Trigger) {
        match &it.on {
            TriggerKind::Enter => self.put("on enter"),
            TriggerKind::Exit => self.put("on exit"),
            TriggerKind::Every(length) => {
                self.put("every");
                self.expression(length);
            }
            TriggerKind::Each { table, filter } => {
                self.put("on each");
                self.name(table);
                self.option("where", filter, Tokens::expression);
            }
        }
        match &it.body {
            TriggerBody::Deed(deed) => self.deed(deed),
            TriggerBody::Block(deeds) => self.block(deeds, Tokens::deed),
            TriggerBody::Split { salt, shares } => {
                self.put("split");
                self.text(&salt.value);
                self.block(shares, |all, share| {
                    all.expression(&share.share);
                    all.name(&share.name);
                    all.deed(&share.deed);
                });
            }
        }
    }

    fn deed(&mut self, it: &Deed) {
        match &it.act {
            Act::Send { channel, message } => {
                self.put("send");
                self.name(channel);
                match message {
                    Message::Text(text) => self.text(&text.value),
                    Message::Template(template) => self.name(template),
                }
            }
            Act::Do { verb } => {
                self.put("do");
                self.name(verb);
            }
            Act::Hold => self.put("hold"),
        }
        it.terms.iter().for_each(|term| self.term(term));
        match &it.choice {
            Some(DeedChoice::When(condition)) => {
                self.put("when");
                self.expression(condition);
            }
            Some(DeedChoice::Otherwise(_)) => self.put("otherwise"),
            None => {}
        }
    }

    fn term(&mut self, it: &Term) {
        match it {
            Term::With(pairs) => {
                self.put("with");
                self.listed(pairs, |all, (name, value)| {
                    all.name(name);
                    all.put("=");
                    all.expression(value);
                });
            }
            Term::Hours(range) => {
                self.put("hours");
                self.range(range);
            }
            Term::Cooldown(length) => {
                self.put("cooldown");
                self.expression(length);
            }
            Term::AtMost(count) => {
                self.put("at most");
                self.expression(count);
                self.put("times");
            }
            Term::Once(_) => self.put("once"),
        }
    }

    fn policy_entry(&mut self, it: &PolicyEntry) {
        let names = |all: &mut Tokens, word: &str, names: &[Name]| {
            all.put(word);
            all.put("[");
            all.listed(names, Tokens::name);
            all.put("]");
        };
        match it {
            PolicyEntry::Require(condition) => {
                self.put("require");
                self.expression(condition);
            }
            PolicyEntry::Limit { channel, count, within, .. } => {
                self.put("limit");
                self.option("", channel, Tokens::name);
                self.expression(count);
                self.put("within");
                self.expression(within);
            }
            PolicyEntry::Quiet(range) => {
                self.put("quiet");
                self.range(range);
            }
            PolicyEntry::Exempt(all) => names(self, "exempt", all),
            PolicyEntry::Priority(all) => names(self, "priority", all),
        }
    }

    fn entry(&mut self, it: &Entry) {
        self.option("then as of", &it.then, Tokens::expression);
        for given in &it.given {
            self.put("given");
            self.option("", &given.user, |all, user| all.text(&user.value));
            self.block(&given.fields, Tokens::field);
        }
        if !it.with.is_empty() {
            self.put("with");
            self.listed(&it.with, |all, over| {
                let (word, name, value) = match over {
                    Override::Param(name, value) => ("param", name, value),
                    Override::List(name, value) => ("list", name, value),
                };
                all.put(word);
                all.name(name);
                all.put("=");
                all.expression(value);
            });
        }
        self.put("expect");
        self.listed(&it.expect, Tokens::expectation);
    }

    fn field(&mut self, it: &Field) {
        self.name(&it.name);
        self.put(":");
        match &it.value {
            GivenValue::Value(value) => self.expression(value),
            GivenValue::Records(records) => {
                self.put("[");
                self.listed(records, |all, record| all.block(&record.fields, Tokens::field));
                self.put("]");
            }
        }
    }

    fn details(&mut self, it: &Details) {
        if it.at_once.is_some() {
            self.put("at once");
        }
        self.option("not before", &it.not_before, Tokens::expression);
        self.option("not after", &it.not_after, Tokens::expression);
        if !it.with.is_empty() {
            self.put("with");
            self.block(&it.with, Tokens::field);
        }
    }

    fn expectation(&mut self, it: &Expectation) {
        self.option("", &it.user, |all, user| {
            all.text(&user.value);
            all.put(":");
        });
        match &it.kind {
            ExpectationKind::Condition(condition) => return self.expression(condition),
            ExpectationKind::Entered(segment)
            | ExpectationKind::Left(segment)
            | ExpectationKind::Sends { segment, .. }
            | ExpectationKind::Does { segment, .. }
            | ExpectationKind::Holds { segment, .. }
            | ExpectationKind::StoppedBy { segment, .. }
            | ExpectationKind::Silent(segment) => self.name(segment),
        }
        match &it.kind {
            ExpectationKind::Condition(_) => {}
            ExpectationKind::Entered(_) => self.put("entered"),
            ExpectationKind::Left(_) => self.put("left"),
            ExpectationKind::Sends { channel, text, details, .. } => {
                self.put("sends");
                self.name(channel);
                self.option("", text, |all, text| all.text(&text.value));
                self.details(details);
            }
            ExpectationKind::Does { verb, details, .. } => {
                self.put("does");
                self.name(verb);
                self.details(details);
            }
            ExpectationKind::Holds { details, .. } => {
                self.put("holds");
                self.details(details);
            }
            ExpectationKind::StoppedBy { reason, .. } => self.put(match reason {
                StopReason::Require => "stopped by require",
                StopReason::Limit => "stopped by limit",
                StopReason::Cooldown => "stopped by cooldown",
                StopReason::Once => "stopped by once",
                StopReason::AtMost => "stopped by at most",
                StopReason::Channel => "stopped by channel",
            }),
            ExpectationKind::Silent(_) => self.put("silent"),
        }
    }
}
