//! A real browser for tests: Chromium without a window, told what to do over its DevTools protocol.
//!
//! In: addresses, and script to evaluate. Out: what the page answers, what went wrong while it was shown, and
//! pictures. Start at [`Browser::start`], then [`Browser::open`]. **Invariants:** it is asked over a pipe, so
//! that no port is open; its profile is new and goes with it; it ends with this process, also when that is
//! killed, because the pipe ends.
//!
//! Chromium is looked for in `PATH`. Where it is missing, tests that need it are skipped, loudly; under
//! `TL_REQUIRE_ALL=1` they fail.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Names under which distributions install it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Nothing but the pages that are opened: no update, no sync, no first run.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// It reads commands from descriptor 3 and answers on 4.
const SCRIPT: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// How long an answer is waited for. The first page is measured first.
const PATIENCE: Duration = Duration::from_secs(180);

/// A browser.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    commands: Option<ChildStdin>,
    answers: Receiver<Value>,
    /// Number of the last command.
    last: u64,
    /// What it told on its own, oldest first, and nobody has taken yet.
    told: VecDeque<Value>,
    profile: TempDir,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Whether the user prefers dark.
    pub dark: bool,
    /// As it is printed, instead of on a screen.
    pub print: bool,
}

/// A page that is open.
#[derive(Debug)]
pub struct Page<'a> {
    browser: &'a mut Browser,
    target: String,
    session: String,
}

impl Browser {
    /// Starts one; `None` where there is none and none is required.
    ///
    /// # Panics
    ///
    /// When it does not start, or there is none under `TL_REQUIRE_ALL=1`.
    #[expect(clippy::print_stderr, reason = "a test that tests nothing must say so")]
    pub fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installed =
            |name: &&str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
        let Some(name) = NAMES.into_iter().find(installed) else {
            let required = std::env::var_os("TL_REQUIRE_ALL").is_some_and(|set| set == "1");
            assert!(!required, "Chromium is missing: install the package `chromium`");
            eprintln!("SKIPPED: Chromium is missing; install the package `chromium`");
            return None;
        };
        let profile = TempDir::new().expect("a test may write to the temporary directory");
        let mut process = spawn(name, &profile);
        let (send, answers) = mpsc::channel();
        let output = process.stdout.take().expect("it is piped");
        thread::spawn(move || listen(output, &send));
        let commands = process.stdin.take();
        Some(Self { process, commands, answers, last: 0, told: VecDeque::new(), profile })
    }

    /// Opens an empty page; `script` says whether pages may run theirs.
    ///
    /// # Panics
    ///
    /// When the browser is gone.
    pub fn open(&mut self, script: bool) -> Page<'_> {
        let made = self.call("", "Target.createTarget", json!({ "url": "about:blank" }));
        let target = text(&made["targetId"]);
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text(&self.call("", "Target.attachToTarget", attach)["sessionId"]);
        let mut page = Page { browser: self, target, session };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": !script }));
        page
    }

    /// Asks, and waits for the answer.
    fn call(&mut self, session: &str, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": params });
        if !session.is_empty() {
            command["sessionId"] = session.into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        let pipe = self.commands.as_mut().expect("it is taken at the end");
        pipe.write_all(&bytes).and_then(|()| pipe.flush()).expect("the browser reads");
        loop {
            let mut answer = self.next(method);
            if answer["id"] == self.last {
                assert_eq!(answer["error"], Value::Null, "the browser refuses {method}");
                return answer["result"].take();
            }
            self.told.push_back(answer);
        }
    }

    fn next(&self, waits_for: &str) -> Value {
        let answer = self.answers.recv_timeout(PATIENCE);
        answer.unwrap_or_else(|err| panic!("the browser does not answer {waits_for}: {err}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends by itself when the pipe does; whether it did is not what a test is about.
        drop(self.commands.take());
        drop(self.process.kill());
        drop(self.process.wait());
        // What it writes last may come late; the directory is in the temporary one.
        drop(std::fs::remove_dir_all(self.profile.path()));
    }
}

impl Page<'_> {
    /// Asks the browser something about this page: a command of the DevTools protocol.
    ///
    /// # Panics
    ///
    /// When the browser refuses it, or is gone.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.browser.call(&self.session, method, params)
    }

    /// Looks at the page in another way.
    ///
    /// # Panics
    ///
    /// When the browser is gone.
    pub fn look(&mut self, view: View) {
        let View { width, height, dark, print } = view;
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = if print { "print" } else { "screen" };
        self.call("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    /// Goes to an address, and returns when all of it is there. What was told before is forgotten.
    ///
    /// # Panics
    ///
    /// When nothing answers there.
    pub fn go(&mut self, address: &str) {
        self.browser.told.clear();
        let answer = self.call("Page.navigate", json!({ "url": address }));
        assert_eq!(answer["errorText"], Value::Null, "{address} does not open");
        self.loaded();
    }

    /// Waits until a page that was asked for, by a click perhaps, is there.
    ///
    /// # Panics
    ///
    /// When it does not come.
    pub fn loaded(&mut self) {
        self.wait_for_event("Page.loadEventFired");
    }

    /// Waits until the browser tells an event of the protocol, or has told it since it was last waited for.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn wait_for_event(&mut self, name: &str) {
        if let Some(at) = self.browser.told.iter().position(|told| told["method"] == name) {
            self.browser.told.remove(at);
            return;
        }
        loop {
            let told = self.browser.next(name);
            if told["method"] == name {
                return;
            }
            self.browser.told.push_back(told);
        }
    }

    /// The value of an expression, also where the page's own script is off.
    ///
    /// # Panics
    ///
    /// When it throws.
    pub fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].take()
    }

    /// The same where it is text.
    ///
    /// # Panics
    ///
    /// When it throws, or is something else.
    pub fn text(&mut self, expression: &str) -> String {
        text(&self.value(expression))
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    ///
    /// When it does not become true in a minute.
    pub fn wait_for(&mut self, expression: &str) {
        for _ in 0..600 {
            if self.value(expression) == Value::Bool(true) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("it does not become true: {expression}");
    }

    /// Clicks with the mouse in the middle of the first thing that a selector finds.
    ///
    /// # Panics
    ///
    /// When there is no such thing.
    pub fn click(&mut self, selector: &str) {
        let found = format!(
            "(() => {{ const one = document.querySelector({selector:?});
               one?.scrollIntoView({{ block: 'center', behavior: 'instant' }});
               const box = one?.getClientRects()[0];
               return box && [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        );
        let at = self.value(&found);
        let [x, y] = [&at[0], &at[1]].map(Value::as_f64);
        let (Some(x), Some(y)) = (x, y) else { panic!("there is no {selector}") };
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses and releases a key: `Tab`, `Enter`, `ArrowDown`.
    ///
    /// # Panics
    ///
    /// When the key is another.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "ArrowDown" => (40, ""),
            other => panic!("no test presses {other} yet"),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event = json!({
                "type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": code,
            });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// What went wrong since [`Page::go`]: exceptions, words in the console, requests that failed, answers
    /// over 399 but for the page's own, and what was asked of another host than that of `base`.
    pub fn troubles(&self, base: &str) -> Vec<String> {
        self.browser.told.iter().filter_map(|told| trouble(told, base)).collect()
    }

    /// Status of the page itself.
    pub fn status(&self) -> Option<u64> {
        let is_page = |told: &&Value| {
            told["method"] == "Network.responseReceived" && told["params"]["type"] == "Document"
        };
        let answer = self.browser.told.iter().rfind(is_page)?;
        answer["params"]["response"]["status"].as_u64()
    }

    /// A picture of all of the page, as PNG.
    ///
    /// # Panics
    ///
    /// When the browser makes none.
    pub fn picture(&mut self) -> Vec<u8> {
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", params);
        BASE64_STANDARD.decode(text(&picture["data"])).expect("the browser writes Base64")
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.browser.call("", "Target.closeTarget", json!({ "targetId": self.target }));
        }
    }
}

fn trouble(told: &Value, base: &str) -> Option<String> {
    let params = &told["params"];
    let asked = |url: &Value| {
        let url = url.as_str().unwrap_or_default();
        (!url.starts_with(base) && !url.starts_with("data:")).then(|| format!("asks {url}"))
    };
    match told["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" => Some(params["args"].to_string()),
        // The page's own status is for the test to judge.
        "Log.entryAdded"
            if params["entry"]["source"] != "network" && params["entry"]["level"] != "verbose" =>
        {
            Some(params["entry"]["text"].to_string())
        }
        "Network.requestWillBeSent" => asked(&params["request"]["url"]),
        // Going on to the next page ends what the last one still listened to.
        "Network.loadingFailed" if params["canceled"] != true => Some(params.to_string()),
        "Network.responseReceived" if params["type"] != "Document" => {
            let failed = params["response"]["status"].as_u64().is_none_or(|status| status > 399);
            failed.then(|| params["response"]["url"].to_string())
        }
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

#[expect(clippy::disallowed_methods, reason = "it runs beside the test and has no end of its own")]
fn spawn(name: &str, profile: &TempDir) -> Child {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", SCRIPT, "sh", name]).args(FLAGS);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.env("HOME", profile.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("`sh` is part of every system")
}

/// Sends every message on until there are no more.
fn listen(output: impl Read, to: &mpsc::Sender<Value>) {
    let mut output = BufReader::new(output);
    let mut message = Vec::new();
    while output.read_until(0, &mut message).is_ok_and(|count| count > 0) {
        message.pop();
        let Ok(value) = serde_json::from_slice(&message) else { return };
        if to.send(value).is_err() {
            return;
        }
        message.clear();
    }
}
