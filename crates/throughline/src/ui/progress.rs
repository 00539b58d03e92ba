//! The progress bar: on stderr, for people, for what takes longer than a second.
//!
//! In: counts, from any thread. Out: one line on a terminal, gone at the end. **Invariant:** it
//! changes nothing but what is seen while waiting.

use std::sync::{Mutex, OnceLock, PoisonError};
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
    /// What is being done now.
    phase: Mutex<&'static str>,
}

impl Progress {
    /// A bar that shows itself after a second, or never where `wanted` is false.
    pub(crate) fn new(wanted: bool) -> Self {
        Self(wanted.then(|| Bar {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            started: now(),
            shown: OnceLock::new(),
            phase: Mutex::new(""),
        }))
    }

    /// Says what is being done and how much of it, of how much where that is known.
    pub(crate) fn report(&self, what: &'static str, done: u64, total: Option<u64>) {
        let Some(Bar { bar, started, shown, phase }) = &self.0 else { return };
        if now().duration_since(*started) < DELAY {
            return;
        }
        let mut phase = phase.lock().unwrap_or_else(PoisonError::into_inner);
        if *phase != what {
            *phase = what;
            bar.set_style(style(total.is_some()));
            bar.set_message(what);
        }
        if bar.length() != total {
            total.map_or_else(|| bar.unset_length(), |total| bar.set_length(total));
        }
        bar.set_position(done);
        // Last, or the bar would be drawn once in another style.
        shown.get_or_init(|| bar.set_draw_target(ProgressDrawTarget::stderr()));
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
        "{msg:<20} {bar:30} {human_pos}/{human_len} {eta}"
    } else {
        "{msg:<20} {human_pos} {elapsed}"
    };
    ProgressStyle::with_template(template).expect("a test reads both templates")
}

#[expect(clippy::disallowed_methods, reason = "only what is seen while waiting depends on it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use indicatif::TermLike;

    use super::*;

    #[test]
    fn both_templates_are_valid() {
        let _bar = (style(true), style(false));
    }

    /// Keeps what is drawn; that lines are drawn over each other does not matter here.
    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _lines: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _lines: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _columns: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _columns: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_being_done_is_named_with_and_without_a_total_and_gone_at_the_end() {
        let screen = Screen::default();
        let shown = || screen.0.lock().unwrap().trim().to_owned();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let progress = Progress(Some(Bar {
            bar: ProgressBar::with_draw_target(None, target),
            started: now() - DELAY,
            shown: OnceLock::from(()),
            phase: Mutex::new(""),
        }));
        progress.report("reading commits", 4096, None);
        assert_eq!(shown(), "reading commits      4,096 0s");
        progress.report("reading differences", 5, Some(10));
        assert!(shown().starts_with("reading differences  ██"), "{}", shown());
        drop(progress);
        assert_eq!(shown(), "");
    }
}
