//! The progress bar: on stderr, for people, for what takes longer than a second.
//!
//! In: counts, from any thread. Out: one line on a terminal, gone at the end. **Invariant:** it
//! changes nothing but what is seen while waiting.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long the user waits before something is shown.
const DELAY: Duration = Duration::from_secs(1);

/// How much of something is done; removes itself when dropped.
pub(crate) struct Progress(Option<Bar>);

struct Bar {
    bar: ProgressBar,
    started: Instant,
    shown: OnceLock<()>,
}

impl Progress {
    /// A bar that shows itself after a second, or never where `wanted` is false.
    pub(crate) fn new(wanted: bool) -> Self {
        Self(wanted.then(|| Bar {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            started: now(),
            shown: OnceLock::new(),
        }))
    }

    /// Says what is being done and how much of it, of how much where that is known.
    pub(crate) fn report(&self, what: &'static str, done: u64, total: Option<u64>) {
        let Some(Bar { bar, started, shown }) = &self.0 else { return };
        if now().duration_since(*started) < DELAY {
            return;
        }
        shown.get_or_init(|| bar.set_draw_target(ProgressDrawTarget::stderr()));
        if bar.length() != total {
            match total {
                Some(total) => bar.set_length(total),
                None => bar.unset_length(),
            }
            bar.set_style(style(total.is_some()));
        }
        bar.set_message(what);
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(Bar { bar, .. }) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn style(has_total: bool) -> ProgressStyle {
    let template = if has_total {
        "{msg:<24} {bar:40} {human_pos}/{human_len} {eta}"
    } else {
        "{msg:<24} {human_pos} {elapsed}"
    };
    ProgressStyle::with_template(template).expect("a test reads both templates")
}

#[expect(clippy::disallowed_methods, reason = "only what is seen while waiting depends on it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_templates_are_valid() {
        let _bar = (style(true), style(false));
    }
}
