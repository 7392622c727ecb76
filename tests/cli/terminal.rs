//! `tagwell repl` at a real terminal, which `script` of util-linux makes.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::Place;

const USERS: &str = "user_id,城市,points\nu1,上海,6200\nu2,北京,380\nu3,上海,900\nu4,,12\n";
const RULES: &str = "level card by points { gold from 5000  silver from 500  red otherwise }\n";

/// Somebody at a terminal.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<String>>,
    seen: usize,
}

impl Terminal {
    /// None where there is no `script`.
    fn open(place: &Place, words: &str, variables: &[(&str, &str)]) -> Option<Terminal> {
        let has_script = Command::new("script").arg("--version").output().is_ok_and(|it| {
            // The `script` of BSD and macOS takes other words.
            String::from_utf8_lossy(&it.stdout).contains("util-linux")
        });
        if !has_script {
            assert!(std::env::var_os("CI").is_none(), "`script` is needed: it comes with util-linux");
            return None;
        }
        let line = format!("stty cols 100 rows 30; exec {} {words}", env!("CARGO_BIN_EXE_tagwell"));
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-c", &line, "/dev/null"]).current_dir(place.path("."));
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "CI", "TAGWELL_AS_OF"] {
            command.env_remove(variable);
        }
        command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").env("XDG_STATE_HOME", place.path("state"));
        command.envs(variables.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let (keys, mut output) = (child.stdin.take()?, child.stdout.take()?);
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let (mut bytes, mut left) = ([0; 4096], vec![]);
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                left.extend_from_slice(&bytes[..read]);
                let whole = match std::str::from_utf8(&left) {
                    Ok(text) => text.len(),
                    Err(error) => error.valid_up_to(),
                };
                let rest = left.split_off(whole);
                shown.lock().unwrap().push_str(&String::from_utf8(left).unwrap());
                left = rest;
            }
        });
        Some(Terminal { child, keys, screen, seen: 0 })
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until a text is shown, and gives everything up to it.
    fn wait_for(&mut self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let shown = self.screen.lock().unwrap()[self.seen..].to_owned();
            if let Some(at) = shown.find(text) {
                self.seen += at + text.len();
                return shown[..at + text.len()].to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "`{text}` is not shown, but this:\n{shown}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The exit code, and everything that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let shown = self.screen.lock().unwrap().clone();
        (code, shown)
    }
}

fn place() -> Place {
    Place::with(&[("shop.rules", RULES), ("users.csv", USERS)])
}

/// The editor listens: what is typed before may be lost.
const READY: &str = "\u{1b}[?2004h";

#[test]
fn a_talk_at_a_terminal() {
    let place = place();
    let Some(mut terminal) = Terminal::open(&place, "repl shop.rules users.csv --as-of 2026-11-22", &[]) else {
        return;
    };
    terminal.wait_for("1 declaration, 4 users");
    terminal.wait_for(READY);

    // What is typed is coloured, and counted behind the line.
    terminal.press("points > 500");
    terminal.wait_for("\u{1b}[36m500\u{1b}[0m\u{1b}[2m   2 of 4 users");
    // The count is read, and not taken into the line.
    terminal.press("\u{1b}[C\r");
    terminal.wait_for("2 of 4 users (50.0 %): u1, u3\r\n");
    terminal.wait_for(READY);

    // Tab completes to the one value, and lists several; Chinese ones stand in columns.
    terminal.press("card = g\t");
    terminal.wait_for("card = gold");
    terminal.press("\r");
    terminal.wait_for("1 of 4 users (25.0 %): u1\r\n");
    terminal.wait_for(READY);
    terminal.press("城市 = \t\t");
    terminal.wait_for("\"上海\"  \"北京\"");
    // Ctrl-C forgets the line, and the open input before it.
    terminal.press("\u{3}");
    terminal.wait_for(READY);
    terminal.press("tag rich when\r");
    terminal.wait_for("… ");
    terminal.press("\u{3}");
    terminal.wait_for(READY);
    terminal.press("1 + 1\r");
    terminal.wait_for("2\r\n");
    terminal.wait_for(READY);

    // Several lines, then the same again from the history.
    terminal.press("tag rich when\r");
    terminal.wait_for("… ");
    terminal.press("points > 5000\r");
    terminal.wait_for("rich: 1 of 4 users (25.0 %): u1\r\n");
    terminal.wait_for(READY);
    terminal.press("\u{1b}[A\u{1b}[A\u{1b}[A\r");
    terminal.wait_for("2\r\n");
    terminal.wait_for(READY);
    // Wide characters take two columns.
    terminal.press("城市\r");
    terminal.wait_for("  \"上海\"   2 (50.0 %)\r\n  \"北京\"   1 (25.0 %)\r\n  missing  1 (25.0 %)\r\n");
    terminal.wait_for(READY);
    // What is pasted is one input, line by line.
    terminal.press("\u{1b}[200~tag poor when points < 500\n  and points > 100\u{1b}[201~\r");
    terminal.wait_for("poor: 1 of 4 users (25.0 %): u2\r\n");
    terminal.wait_for(READY);
    // A mistake is told, and the talk goes on.
    terminal.press("ponts > 5\r");
    terminal.wait_for("did you mean");
    terminal.wait_for(READY);
    terminal.press("\u{4}");
    terminal.wait_for("is not saved: `:save`");
    terminal.wait_for(READY);
    // What is typed after it is told of in its turn.
    terminal.press("tag late when points > 1\r");
    terminal.wait_for(READY);
    terminal.press("\u{4}");
    terminal.wait_for("is not saved: `:save`");
    terminal.wait_for(READY);
    terminal.press("\u{4}");
    let (code, _) = terminal.end();
    assert_eq!(code, Some(0));
    let history = place.read("state/tagwell/history");
    assert!(history.contains("points > 500\n") && history.contains("card = gold\n"), "{history}");
}

#[test]
fn a_check_says_ok_in_green() {
    let place = place();
    let Some(mut terminal) = Terminal::open(&place, "check shop.rules", &[]) else { return };
    terminal.wait_for("\u{1b}[1m\u{1b}[92mok\u{1b}[0m: 1 declaration in 1 file");
    assert_eq!(terminal.end().0, Some(0));
}

#[test]
fn a_new_snapshot_is_shown_by_its_first_users_and_ctrl_d_decides_later() {
    let users: String = (1..=30).map(|at| format!("u{at},Rome,{}\n", at * 10)).collect();
    let rules = format!("{RULES}snapshot \"all\" of \"users.csv\"\nlet usual = avg(users.points)\n");
    let files = [("shop/shop.rules", rules.as_str()), ("shop/users.csv", &format!("user_id,city,points\n{users}"))];
    let place = Place::with(&files);
    let Some(mut terminal) = Terminal::open(&place, "test shop --review", &[]) else { return };
    let shown = terminal.wait_for("[s]kip (Ctrl-D too)  [w]hy USER > ");
    assert!(shown.contains("30 users") && shown.contains("  u20: ") && !shown.contains("  u21: "), "{shown}");
    assert!(shown.contains("… and 10 more; `tagwell test shop --review -v` shows all"), "{shown}");
    assert!(shown.contains("usual = 155"), "what is said of all is below the users: {shown}");
    terminal.press("\u{4}");
    terminal.wait_for("what is new lies in `shop/snapshots/shop__all.snap.new` to be looked at");
    assert_eq!(terminal.end().0, Some(1));
    let Some(mut terminal) = Terminal::open(&place, "test shop --review -v", &[]) else { return };
    assert!(terminal.wait_for("USER > ").contains("  u30: "));
    terminal.press("a\n");
    assert_eq!(terminal.end().0, Some(0));
}

#[test]
fn who_leaves_is_told_of_a_save_that_would_be_made() {
    let place = place();
    let words = "repl shop.rules users.csv --as-of 2026-11-22";
    let Some(mut terminal) = Terminal::open(&place, words, &[]) else { return };
    terminal.wait_for(READY);
    terminal.press("tag late when points > 1\r");
    terminal.wait_for(": u1, u2");
    terminal.wait_for(READY);
    place.write("shop.rules", "tag other when points > 1\n");
    place.write("my.rules", "");
    terminal.press("\u{4}");
    terminal.wait_for("shop.rules has been changed since it was loaded: `:save my2.rules` keeps what is here");
    terminal.wait_for(READY);
    terminal.press(":save my2.rules\r");
    terminal.wait_for("written to my2.rules");
    terminal.wait_for(READY);
    terminal.press("\u{4}");
    assert_eq!(terminal.end().0, Some(0));
}

#[test]
fn no_colours_where_none_are_wanted() {
    let place = place();
    let words = "repl shop.rules users.csv --as-of 2026-11-22";
    let Some(mut terminal) = Terminal::open(&place, words, &[("NO_COLOR", "1")]) else { return };
    terminal.wait_for(READY);
    terminal.press("points > 500");
    terminal.wait_for("points > 500   2 of 4 users");
    terminal.press("\r");
    terminal.wait_for(": u1, u3\r\n");
    terminal.wait_for(READY);
    terminal.press(":why u1 card\r");
    terminal.wait_for(READY);
    terminal.press("ponts\r");
    terminal.wait_for("did you mean");
    terminal.wait_for(READY);
    terminal.press("\u{4}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0));
    // The editor moves the cursor; nothing else is said to the terminal.
    let colours = shown.split('\u{1b}').filter(|it| {
        it.strip_prefix('[')
            .and_then(|rest| rest.trim_start_matches(|it: char| it.is_ascii_digit() || it == ';').chars().next())
            == Some('m')
    });
    assert_eq!(colours.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn what_takes_long_can_be_interrupted() {
    let place = place();
    let users: String = (0..600_000).map(|at| format!("u{at},Rome,{}\n", at % 1000)).collect();
    place.write("many.csv", format!("user_id,city,points\n{users}"));
    let Some(mut terminal) = Terminal::open(&place, "repl --as-of 2026-11-22", &[]) else { return };
    terminal.wait_for(READY);
    terminal.press(":data many.csv\r");
    // The editor lets the terminal go when it has the line.
    terminal.wait_for("\u{1b}[?2004l");
    thread::sleep(Duration::from_millis(20));
    terminal.press("\u{3}");
    let said = terminal.wait_for(READY);
    assert!(said.contains("interrupted"), "{said}");
    terminal.press("1 + 1\r");
    terminal.wait_for("2\r\n");
    terminal.wait_for(READY);
    terminal.press("\u{4}");
    assert_eq!(terminal.end().0, Some(0));
}
