//! Expressions of each kind, as deep as they may be.

use super::*;

impl Writer<'_> {
    pub(super) fn expr(&mut self, kind: Kind, scope: Scope, depth: usize) -> String {
        if depth == 0 || self.fuel == 0 {
            return self.leaf(kind, scope);
        }
        self.fuel -= 1;
        if scope == Scope::Definition && kind != Texts && self.bytes.one_in(3) {
            return self.aggregate(kind);
        }
        match kind {
            Number => self.number(scope, depth - 1),
            Text => self.text(scope, depth - 1),
            Truth => self.truth(scope, depth - 1),
            Day => self.day(scope, depth - 1),
            Instant => self.instant(scope, depth - 1),
            Length => self.length(scope, depth - 1),
            Texts => self.column(scope, Texts),
        }
    }

    fn leaf(&mut self, kind: Kind, scope: Scope) -> String {
        let lacking = matches!(
            (scope, kind),
            (Scope::Rows(Visits), Truth | Instant | Length | Texts) | (Scope::Rows(Orders), Texts)
        );
        match (lacking, kind) {
            (false, _) => self.column(scope, kind),
            (true, Truth) => "(visits.seconds > 1)".into(),
            (true, Instant) => "(if visits.seconds > 1 then 2026-01-01T00:00 else 2026-01-02T00:00)".into(),
            (true, Length) => "(visits.visited - 2026-01-01)".into(),
            (true, _) => self.column(scope, Text),
        }
    }

    fn number(&mut self, scope: Scope, depth: usize) -> String {
        let operand = |this: &mut Self| this.expr(Number, scope, depth);
        match self.bytes.below(18) {
            0 => operand(self),
            1 => format!("({} + {})", operand(self), operand(self)),
            2 => format!("({} - {})", operand(self), operand(self)),
            3 => format!("({} * {})", operand(self), self.bytes.of(&["2", "-1", "0.5"])),
            4 => format!("({} / {})", operand(self), operand(self)),
            5 => format!("abs({})", operand(self)),
            6 => format!("round({}, {})", operand(self), self.bytes.of(&["1", "0", "-1", "5"])),
            7 => format!("({} ?? {})", operand(self), self.bytes.of(&["0", "1.5", "7"])),
            8 => format!("{}({}, {})", self.bytes.of(&["min", "max"]), operand(self), operand(self)),
            9 => {
                let condition = self.expr(Truth, scope, depth);
                format!("(if {condition} then {} else {})", operand(self), operand(self))
            }
            10 => format!("length({})", self.expr(Text, scope, depth)),
            11 => format!("{}({})", self.bytes.of(&["year", "weekday", "month"]), self.expr(Day, scope, depth)),
            12 => format!("floor({})", operand(self)),
            13 => format!("mod({}, {})", operand(self), self.bytes.of(&["7", "2.5"])),
            14 => {
                let ends = match scope {
                    Scope::Rows(_) | Scope::Users => self.bytes.of(&["0..100", "100..0"]),
                    _ => self.bytes.of(&["0..100", "100..0", "2.5..points", "rate..50", "points..balance"]),
                };
                format!("clamp({}, {ends})", operand(self))
            }
            15 => format!("(-{})", operand(self)),
            16 => format!("({} / {})", self.expr(Length, scope, depth), self.bytes.of(&["1d", "90min"])),
            _ => match scope {
                Scope::Rows(_) | Scope::Users => operand(self),
                Scope::Definition | Scope::User | Scope::Where(_) => {
                    let by: Vec<String> =
                        self.written.ladders.iter().filter(|it| it.by).map(|it| it.name.clone()).collect();
                    match by.get(self.bytes.below(by.len() + 1)) {
                        Some(level) => format!("to_next({level})"),
                        None => format!("count({})", self.column(scope, Texts)),
                    }
                }
            },
        }
    }

    fn text(&mut self, scope: Scope, depth: usize) -> String {
        let operand = |this: &mut Self| this.expr(Text, scope, depth);
        match self.bytes.below(6) {
            0 => operand(self),
            1 => format!("lower({})", operand(self)),
            2 => format!("({} + \"-\" + {})", operand(self), operand(self)),
            3 => format!("({} ?? \"none\")", operand(self)),
            4 => {
                let condition = self.expr(Truth, scope, depth);
                format!("(if {condition} then {} else {})", operand(self), operand(self))
            }
            _ => format!("trim({})", operand(self)),
        }
    }

    fn truth(&mut self, scope: Scope, depth: usize) -> String {
        match self.bytes.below(22) {
            0 | 1 => {
                let operator = self.bytes.of(&[">", "<=", "=", "!=", "<", ">="]);
                let other = match self.bytes.below(3) {
                    0 => self.bytes.of(&["1", "0", "2.5", "100", "-1", "2.505", "0.33333"]).to_owned(),
                    _ => self.expr(Number, scope, depth),
                };
                format!("({} {operator} {other})", self.expr(Number, scope, depth))
            }
            2 => format!("({} = {})", self.expr(Text, scope, depth), self.bytes.of(&["\"a\"", "\"b\"", "\"水果\""])),
            3 => format!("({} in [\"a\", \"水果\"])", self.expr(Text, scope, depth)),
            4 => format!("({} contains \"a\")", self.expr(Text, scope, depth)),
            5 => format!("({} < {})", self.expr(Text, scope, depth), self.expr(Text, scope, depth)),
            6 => self.expr(Truth, scope, depth),
            7 => {
                let kind = self.bytes.of(KINDS);
                format!("({} is {})", self.expr(kind, scope, depth), self.bytes.of(&["missing", "known"]))
            }
            8 => format!("(not {})", self.expr(Truth, scope, depth)),
            9 => format!("({} and {})", self.expr(Truth, scope, depth), self.expr(Truth, scope, depth)),
            10 => format!("({} or {})", self.expr(Truth, scope, depth), self.expr(Truth, scope, depth)),
            11 => {
                let parts: Vec<String> = (0..3).map(|_| self.expr(Truth, scope, depth.min(1))).collect();
                format!("at least {} of ({})", self.bytes.of(&["1", "2"]), parts.join(", "))
            }
            12 => format!(
                "({} between {})",
                self.expr(Number, scope, depth),
                self.bytes.of(&["0..5", "1..<100", "0.005..2.505"])
            ),
            13 => format!(
                "({} {})",
                self.expr(Instant, scope, depth),
                self.bytes.of(&[
                    "within 30d",
                    "between 1d..3mo",
                    "during this month",
                    "within next 7d",
                    "< 2d ago",
                    "<= 2026-11-01"
                ])
            ),
            14 => format!(
                "({} {})",
                self.expr(Day, scope, depth),
                self.bytes.of(&[
                    "within 30d",
                    "between 1d..3mo",
                    "during last month",
                    "within next 7d",
                    "< 2d ago",
                    "<= 2026-11-01"
                ])
            ),
            15 => format!(
                "(age({}) > {})",
                self.expr(Instant, scope, depth),
                self.bytes.of(&["30d", "1mo", "churn_after"])
            ),
            16 => format!("({} > {})", self.expr(Length, scope, depth), self.bytes.of(&["1d", "90min", "0s"])),
            17 => format!("({} >= {})", self.expr(Day, scope, depth), self.expr(Day, scope, depth)),
            18 => format!("({} = {})", self.expr(Instant, scope, depth), self.expr(Instant, scope, depth)),
            _ => match scope {
                Scope::Rows(_) | Scope::Users => self.leaf(Truth, scope),
                Scope::Definition | Scope::User | Scope::Where(_) => self.of_a_list_or_ladder(scope),
            },
        }
    }

    fn of_a_list_or_ladder(&mut self, scope: Scope) -> String {
        // One in two is about a list.
        let at = self.bytes.below(2 * self.written.ladders.len().max(1));
        let Some(it) = self.written.ladders.get(at) else {
            return self.of_a_list(scope);
        };
        let place = self.bytes.below(4);
        match self.bytes.below(3) {
            0 => format!("({} = {})", it.name, it.value(place)),
            1 if it.ordered => format!("({} >= {})", it.name, it.value(place)),
            2 => format!("({} is missing)", it.name),
            _ => format!("({} in [{}, {}])", it.name, it.value(place), it.value(0)),
        }
    }

    fn of_a_list(&mut self, scope: Scope) -> String {
        let list = self.column(scope, Texts);
        let written = |this: &mut Self| {
            let text = this.expr(Text, scope, 0);
            let other = match this.bytes.below(4) {
                0 => this.expr(Text, scope, 0),
                _ => this.bytes.of(&["\"a\"", "\"b\""]).to_owned(),
            };
            format!("[{text}, {other}]")
        };
        match self.bytes.below(8) {
            0 => format!("({} in {list})", self.expr(Text, scope, 0)),
            1 => format!("({} in {})", self.expr(Text, scope, 0), written(self)),
            2 => format!("({list} has any of {})", written(self)),
            3 => format!("({} has any of {list})", written(self)),
            4 => format!("({} has none of {list})", written(self)),
            5 => format!("({} has all of {})", written(self), self.bytes.of(&["[\"a\"]", "[\"a\", \"b\"]"])),
            6 if self.bytes.one_in(3) => format!("({} has all of {list})", written(self)),
            _ => format!("({list} has {})", self.bytes.of(&["\"a\"", "\"b\""])),
        }
    }

    fn reached(&mut self, kind: Kind, scope: Scope) -> Option<String> {
        if matches!(scope, Scope::Rows(_) | Scope::Users) {
            return None;
        }
        let funnels: Vec<&Ladder> = self.written.ladders.iter().filter(|it| it.reached == Some(kind)).collect();
        let at = self.bytes.below(funnels.len());
        funnels.get(at).map(|it| format!("reached({})", it.name))
    }

    fn day(&mut self, scope: Scope, depth: usize) -> String {
        match self.bytes.below(6) {
            0 => self.expr(Day, scope, depth),
            1 if !matches!(scope, Scope::Rows(Visits)) => format!("date({})", self.expr(Instant, scope, depth)),
            2 => format!("({} {})", self.expr(Day, scope, depth), self.bytes.of(&["+ 7d", "- 1mo", "+ 1y"])),
            3 => format!("({} ?? 2026-02-03)", self.expr(Day, scope, depth)),
            4 => format!("start_of_month({})", self.expr(Day, scope, depth)),
            _ => self.reached(Day, scope).unwrap_or_else(|| self.expr(Day, scope, depth)),
        }
    }

    fn instant(&mut self, scope: Scope, depth: usize) -> String {
        match self.bytes.below(5) {
            0 => self.expr(Instant, scope, depth),
            1 => format!("({} {})", self.expr(Instant, scope, depth), self.bytes.of(&["+ 36h", "- 1mo", "+ 1d"])),
            2 => format!("({} ?? 2026-02-03T04:05)", self.expr(Instant, scope, depth)),
            3 => format!("({} + {})", self.expr(Instant, scope, depth), self.expr(Length, scope, depth)),
            _ => self.reached(Instant, scope).unwrap_or_else(|| self.expr(Instant, scope, depth)),
        }
    }

    fn length(&mut self, scope: Scope, depth: usize) -> String {
        match self.bytes.below(7) {
            0 => self.expr(Length, scope, depth),
            1 => format!("({} - {})", self.expr(Instant, scope, depth), self.expr(Instant, scope, depth)),
            2 => format!("({} - {})", self.expr(Day, scope, depth), self.expr(Day, scope, depth)),
            3 => format!("({} * {})", self.expr(Length, scope, depth), self.bytes.of(&["2", "1000000"])),
            4 => format!("({} + {})", self.expr(Length, scope, depth), self.expr(Length, scope, depth)),
            5 => format!("(-{})", self.expr(Length, scope, depth)),
            _ => format!("age({})", self.expr(Instant, scope, depth)),
        }
    }
}
