//! How far a run has come: a line on a terminal that goes away at the end, or with `-v` a line every ten seconds elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::voice::{Voice, Volume};

/// A run shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

/// What is shown of a run while it goes on.
pub(crate) struct Progress {
    voice: Voice,
    begun: Instant,
    told: Instant,
    shown: Shown,
}

enum Shown {
    Nothing,
    Lines,
    /// On a terminal; there once the run has taken a while.
    Line(Option<ProgressBar>),
}

impl Progress {
    /// Begins.
    pub(crate) fn begin(voice: &Voice) -> Progress {
        let animated = std::env::var_os("CI").is_none() && std::env::var_os("TERM").is_none_or(|it| it != "dumb");
        let shown = match voice.volume {
            Volume::Quiet => Shown::Nothing,
            Volume::Normal | Volume::Verbose if animated && std::io::stderr().is_terminal() => Shown::Line(None),
            Volume::Normal => Shown::Nothing,
            Volume::Verbose => Shown::Lines,
        };
        Progress { voice: *voice, begun: Instant::now(), told: Instant::now(), shown }
    }

    /// So many rows of something have been read.
    pub(crate) fn tell(&mut self, rows: u64, what: &str) {
        let seconds = self.begun.elapsed().as_secs();
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Lines => {
                if self.told.elapsed() >= PAUSE {
                    self.told = Instant::now();
                    self.voice.say(&format!("{what}: {rows} rows read after {seconds} s"));
                }
            }
            Shown::Line(bar) => {
                if bar.is_none() && self.begun.elapsed() >= PATIENCE {
                    let new = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} · {elapsed}") {
                        new.set_style(style);
                    }
                    *bar = Some(new);
                }
                if let Some(bar) = bar {
                    bar.set_message(format!("{what}: {rows} rows read"));
                    bar.tick();
                }
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Line(Some(bar)) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
