//! The pages of `throughline serve --demo` in a real browser: every one is opened, looked at and clicked
//! through.
//!
//! In: the program, Chromium (see [`Browser`]). Out: what is wrong, all of it at once. Start at the test: it
//! is one, because the organisation takes seconds to measure. With `TL_KEEP_SHOTS=DIR` a picture of each
//! page is kept there, at both widths, light and dark, to be looked at by people.
//! **Invariant:** nothing but this machine is asked, and the server ends with the test.

mod look;
mod walk;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use tempfile::TempDir;
use tl_testkit::browser::Browser;

/// The server, and a home of its own.
struct Serving {
    process: Child,
    /// `http://127.0.0.1:PORT`
    base: String,
    _home: TempDir,
}

impl Serving {
    /// Starts it, and waits until it listens.
    #[expect(clippy::disallowed_methods, reason = "it runs beside the test and has no end")]
    fn start() -> Self {
        let home = TempDir::new().expect("a test may write to the temporary directory");
        // Its clock is the real one: the organisation stands as it would for a user.
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_throughline"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("TZ", "UTC")
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut said = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            let read = said.read_line(&mut line).expect("a pipe can be read");
            assert!(read > 0, "the server ended before it listened");
        }
        // A pipe that nobody reads would stop it some day.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let base = line.split("listening on ").nth(1).and_then(|rest| rest.split(',').next());
        Self { process, base: base.expect("it says where").to_owned(), _home: home }
    }

    /// Hands an event over, as a deployer would.
    fn tell(&self, event: &str) {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the server listens");
        let request = format!(
            "POST /v1/events HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{event}",
            event.len()
        );
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        assert!(answer.contains("\"new\":1"), "{answer}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Whether it was still there is not what the test is about.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn every_page_reads_well_and_leads_on_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let serving = Serving::start();
    let faults = look::everything(&mut browser, &serving.base);
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let mut page = browser.open(true);
    walk::filters_are_chosen_and_stay(&mut page, &serving.base);
    walk::a_number_leads_to_its_formula_and_a_change_to_its_journey(&mut page, &serving.base);
    walk::the_keyboard_reaches_filters_and_content(&mut page, &serving.base);
    walk::events_appear_as_they_come(&mut page, &serving);
    walk::a_page_that_is_left_gives_its_connection_back(&mut page, &serving.base);
    drop(page);
    walk::filters_work_without_script(&mut browser.open(false), &serving.base);
}
