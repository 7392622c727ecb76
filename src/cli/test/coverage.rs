//! What tests have shown of the rules, as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use tagwell::{
    diagnostic::{Sink, render::visible},
    format,
    source::{Sources, Span},
    syntax,
    testing::coverage::{Coverage, Gap, RuleCoverage, Share},
};
use unicode_width::UnicodeWidthStr as _;

use super::report::xml;

/// `shop.rules:52`
fn place(sources: &Sources, span: Span) -> (String, usize) {
    let source = sources.get(span.source);
    (source.name().to_owned(), source.line_column(span.start).line)
}

fn words(sources: &Sources, span: Span) -> String {
    sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `tag vip`, `deeds of win_back`, `policy`
fn named(rule: &RuleCoverage) -> String {
    format!("{} {}", rule.kind, rule.name).trim_end().to_owned()
}

/// A line for each rule, then what was not shown with its line.
pub(super) fn text(coverage: &Coverage, sources: &Sources) -> String {
    let percent = |share: Share| if share.all == 0 { "–".to_owned() } else { format!("{} %", share.percent()) };
    let cells = |name: String, parts: [Share; 3]| {
        let all = parts.into_iter().fold(Share::default(), Share::and);
        let [shown, decided, numbers] = parts.map(percent);
        [name, shown, decided, numbers, percent(all)]
    };
    let mut rows = vec![["coverage", "shown", "decided", "numbers", "all"].map(str::to_owned)];
    let parts = |rule: &RuleCoverage| [rule.shown(), rule.decided(), rule.numbers()];
    rows.extend(coverage.rules.iter().map(|rule| cells(named(rule), parts(rule))));
    let sum = |part: fn(&RuleCoverage) -> Share| coverage.rules.iter().map(part).fold(Share::default(), Share::and);
    let sum = [sum(RuleCoverage::shown), sum(RuleCoverage::decided), sum(RuleCoverage::numbers)];
    rows.push(cells("all of it".to_owned(), sum));
    let mut text = table(&rows);
    let gaps = coverage.gaps();
    if !gaps.is_empty() {
        let _ = writeln!(text, "\nnot covered");
        text += &self::gaps(&gaps, sources);
    }
    let not_counted = coverage.not_counted();
    if !not_counted.is_empty() {
        let _ = writeln!(text, "\nnot counted: no case can show it");
        text += &self::gaps(&not_counted, sources);
    }
    text
}

pub(super) use tagwell::testing::coverage::why;

/// A line for each: where it stands, and what was not shown of it.
pub(super) fn gaps(gaps: &[Gap], sources: &Sources) -> String {
    let mut text = String::new();
    for gap in gaps {
        let (file, line) = place(sources, gap.span);
        let line = format!("  {file}:{line}: `{}` {}", words(sources, gap.span), gap.what);
        let _ = writeln!(text, "{}", visible(&line));
    }
    text
}

/// Coverage as a test suite of JUnit's.
pub(super) struct Suite {
    pub(super) text: String,
    pub(super) cases: usize,
    pub(super) failures: usize,
}

/// A case for each rule, with what its tests do not show; and one for all of it, which fails below what is wanted.
pub(super) fn suite(coverage: &Coverage, sources: &Sources, min: Option<u8>) -> Suite {
    let share = coverage.share();
    let lacks = min.is_some_and(|min| share.percent() < usize::from(min));
    let (cases, failures) = (coverage.rules.len() + 1, usize::from(lacks));
    let mut text = format!("  <testsuite name=\"coverage\" tests=\"{cases}\" failures=\"{failures}\" errors=\"0\">\n");
    for rule in &coverage.rules {
        let (file, line) = place(sources, rule.span);
        let name = xml(&format!("{}: {} %", named(rule), rule.share().percent()));
        let file = xml(&file);
        let _ = write!(text, "    <testcase name=\"{name}\" classname=\"coverage\" file=\"{file}\" line=\"{line}\"");
        let gaps = self::gaps(&rule.gaps(), sources);
        match gaps.is_empty() {
            true => text += "/>\n",
            false => {
                let _ = writeln!(text, ">\n      <system-out>{}</system-out>\n    </testcase>", xml(gaps.trim_end()));
            }
        }
    }
    let name = format!("all of it: {} %", share.percent());
    let _ = write!(text, "    <testcase name=\"{name}\" classname=\"coverage\"");
    match min.filter(|_| lacks) {
        None => text += "/>\n",
        Some(min) => {
            let message = format!("the tests show {} % of what they could, and {min} % are wanted", share.percent());
            let _ = writeln!(text, ">\n      <failure message=\"{message}\">{message}</failure>\n    </testcase>");
        }
    }
    text += "  </testsuite>\n";
    Suite { text, cases, failures }
}

/// A rule text in the canonical layout.
pub(super) fn laid_out(text: String) -> String {
    let mut sources = Sources::new();
    let id = sources.add("suggested", text.as_str());
    let file = syntax::parse(id, &text, &mut Sink::new());
    format::format(&file, &text).unwrap_or(text)
}

/// The first column to the left, the others to the right.
fn table(rows: &[[String; 5]]) -> String {
    let mut widths = [0; 5];
    for row in rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = (*width).max(cell.width()));
    }
    let mut text = String::new();
    for row in rows {
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width.saturating_sub(cell.width()));
            match at {
                0 => text += &format!("{}{pad}", visible(cell)),
                _ => text += &format!("  {pad}{cell}"),
            }
        }
        text.push('\n');
    }
    text
}

/// `{"percent": 80, "shown": 8, "of": 10, "rules": […], "gaps": […]}`
pub(super) fn json(coverage: &Coverage, sources: &Sources) -> Json {
    let share = |share: Share| json!({"percent": share.percent(), "shown": share.shown, "of": share.all});
    let gap = |gap: &Gap| {
        let (file, line) = place(sources, gap.span);
        json!({"file": file, "line": line, "text": words(sources, gap.span), "what": gap.what})
    };
    let rule = |rule: &RuleCoverage| {
        let (file, line) = place(sources, rule.span);
        json!({
            "name": rule.name,
            "kind": rule.kind,
            "file": file,
            "line": line,
            "percent": rule.share().percent(),
            "conditions": share(rule.shown()),
            "decided": share(rule.decided()),
            "numbers": share(rule.numbers()),
            "gaps": rule.gaps().iter().map(gap).collect::<Vec<_>>(),
            "not_counted": rule.not_counted().iter().map(gap).collect::<Vec<_>>(),
        })
    };
    let all = coverage.share();
    json!({
        "percent": all.percent(),
        "shown": all.shown,
        "of": all.all,
        "rules": coverage.rules.iter().map(rule).collect::<Vec<_>>(),
    })
}
