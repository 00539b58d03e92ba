//! The page of `throughline map --html` in a real browser.
//!
//! Needs Chromium. Without one the test says so and how to get it, and passes; under
//! `TL_REQUIRE_ALL=1` it fails instead.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tl_exec::process;
use tl_testkit::env::TestEnv;
use tl_testkit::repo::TestRepo;

/// Names under which distributions install it.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Put at the end of a copy of the page: tells the page around it what the browser laid out. The
/// page itself has no script.
const PROBE: &str = "<script>
const seen = (all) => [...document.querySelectorAll(all)].filter((one) => one.getClientRects().length);
const words = (ones) => ones.map((one) => one.textContent.trim()).join('|');
const outside = (one) => {
  const [text, plot] = [one.getBoundingClientRect(), one.ownerSVGElement.getBoundingClientRect()];
  return text.left < plot.left - 1 || text.right > plot.right + 1
    || text.top < plot.top - 1 || text.bottom > plot.bottom + 1;
};
const report = parent.document.createElement('pre');
report.id = 'probe';
report.textContent = JSON.stringify({
  headings: words(seen('h1, h2')),
  plots: words(seen('svg.plot').map((one) => one.querySelector('title'))),
  cut: words(seen('svg.plot text').filter(outside)),
  needs: document.documentElement.scrollWidth,
  has: window.innerWidth,
  dark: String(matchMedia('(prefers-color-scheme: dark)').matches),
  ground: getComputedStyle(document.body).backgroundColor,
});
parent.document.body.append(report);
</script>";

/// What the browser says of the page.
struct Seen {
    probe: serde_json::Value,
    console: Vec<String>,
}

impl Seen {
    fn text(&self, name: &str) -> &str {
        self.probe[name].as_str().expect("the probe wrote text")
    }

    fn number(&self, name: &str) -> u64 {
        self.probe[name].as_u64().expect("the probe wrote a number")
    }
}

fn browser() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = |name: &&str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    BROWSERS.into_iter().find(|name| installed(name))
}

fn required() -> bool {
    std::env::var_os("TL_REQUIRE_ALL").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Opens the page with the probe in it, in a frame of this width: a headless window is never
/// narrower than 500 pixels, a frame can be.
fn open(browser: &str, page: &str, home: &Path, width: u32, dark: bool) -> Seen {
    let probed = page.replacen("</body>", &format!("{PROBE}</body>"), 1);
    let source = probed.replace('&', "&amp;").replace('"', "&quot;");
    let outer = home.join(format!("frame-{width}-{dark}.html"));
    let frame = format!(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <iframe style=\"width:{width}px;height:900px;border:0\" srcdoc=\"{source}\"></iframe>"
    );
    fs::write(&outer, frame).expect("a test may write to its own directory");
    let arguments = [
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--enable-logging=stderr".to_owned(),
        "--window-size=1400,1000".to_owned(),
        "--virtual-time-budget=5000".to_owned(),
        format!("--user-data-dir={}", home.join(format!("profile-{width}-{dark}")).display()),
        format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)),
        "--dump-dom".to_owned(),
        format!("file://{}", outer.display()),
    ];
    let options = process::Options {
        env: vec![("HOME".to_owned(), home.display().to_string())],
        timeout: Duration::from_secs(90),
        ..process::Options::default()
    };
    let output = process::run(browser, &arguments, &options).expect("the browser starts and ends");
    let document = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    let probe = document.split("id=\"probe\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let probe = probe.unwrap_or_else(|| panic!("the page did not load; the browser said: {log}"));
    let probe = probe.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let console = log.lines().filter(|line| line.contains(":CONSOLE")).map(ToOwned::to_owned);
    Seen {
        probe: serde_json::from_str(&probe).expect("the probe wrote JSON"),
        console: console.collect(),
    }
}

/// Twelve requests over three months, three releases.
fn repository() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("ana", "2025-12-01T09:00:00Z", &[("base.txt", "base\n")], "start");
    for number in 1..=12 {
        let (month, day) = (number / 5, 1 + (number % 5) * 5);
        let month = ["2025-12", "2026-01", "2026-02"][month as usize];
        let at = |hour| format!("{month}-{day:02}T{hour:02}:00:00Z");
        let file = format!("part-{number}.txt");
        let who = ["ana", "bo", "cy"][number as usize % 3];
        repo.checkout("main");
        let branch = format!("work-{number}");
        repo.branch(&branch);
        repo.commit(who, &at(9), &[(file.as_str(), "first\n")], "begin");
        let head = repo.commit(who, &at(12), &[(file.as_str(), "second\n")], "finish");
        repo.request_head(number, &head);
        repo.checkout("main");
        let title = format!("Merge pull request #{number} from team/{branch}");
        repo.merge("bo", &at(17), &branch, &title);
        if number % 4 == 0 {
            repo.tag(&format!("v1.{number}.0"));
        }
    }
    repo
}

fn written_page(env: &TestEnv, repository: &Path) -> String {
    let repository = repository.display().to_string();
    let said = env.run(&["map", "--html", "page.html", "--ledger", "none", &repository]);
    fs::read_to_string(env.repo().join("page.html")).unwrap_or_else(|_| panic!("{said}"))
}

#[test]
fn the_page_reads_well_in_a_browser_at_any_width_in_light_and_dark() {
    let Some(browser) = browser() else {
        let how = "no Chromium on the `PATH`; `apt-get install chromium` brings one";
        assert!(!required(), "{how}");
        eprintln!("skipped: {how}");
        return;
    };
    let env = super::env();
    let page = written_page(&env, repository().path());
    for (width, dark) in [(1280, false), (1280, true), (720, false), (400, false)] {
        let seen = open(browser, &page, &env.home(), width, dark);
        assert_eq!(seen.console, Vec::<String>::new(), "the console is quiet at {width}");
        assert_eq!(seen.number("has"), u64::from(width));
        assert!(seen.number("needs") <= u64::from(width), "sideways scrolling at {width}");
        assert_eq!(seen.text("cut"), "", "words leave their plot at {width}");
        assert_eq!(seen.text("dark"), dark.to_string());
        let ground = if dark { "rgb(19, 21, 23)" } else { "rgb(247, 247, 245)" };
        assert_eq!(seen.text("ground"), ground);
        for heading in
            ["Where the time goes", "Which wait to shorten first", "Releases", "Formulas"]
        {
            assert!(seen.text("headings").contains(heading), "`{heading}` is not seen at {width}");
        }
        for plot in ["From first commit to release", "Cumulative flow", "Distribution by stage"] {
            assert_eq!(seen.text("plots").matches(plot).count(), 1, "`{plot}` at {width}");
        }
    }
}

/// Thirty-six changes like the one of the story, over three months, their tickets done.
fn collected_page(env: &TestEnv) -> String {
    let story = |number: usize| {
        let month = ["2025-11", "2025-12", "2026-01"][number % 3];
        let done = crate::collect::STORY.lines().nth(2).expect("the ticket is moved");
        let done = done.replace("/doing", "/done").replace("-03T", "-07T");
        let done = done.replace("Doing", "Done").replace("\"doing\"", "\"done\"");
        format!("{}{done}\n", crate::collect::STORY)
            .replace("ABC-1", &format!("ABC-{number}"))
            .replace("abc-1", &format!("abc-{number}"))
            .replace("3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9", &format!("{number:040x}"))
            .replace("c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1", &format!("{:040x}", 999 + number))
            .replace("#12", &format!("#{number}"))
            .replace("\"12/", &format!("\"{number}/"))
            .replace("\"number\":12", &format!("\"number\":{number}"))
            .replace("\"d1\"", &format!("\"d{number}\""))
            .replace("deployer/1", &format!("deployer/{number}"))
            .replace("2026-02", month)
    };
    env.write("many.ndjson", (1..=36).map(story).collect::<String>());
    let said = env.run(&["collect", "--ledger", "l.db", "--from", "many.ndjson"]);
    let args = ["map", "--collected", "--ledger", "l.db", "--html", "page.html"];
    let said = said + &env.run(&args);
    fs::read_to_string(env.repo().join("page.html")).unwrap_or_else(|_| panic!("{said}"))
}

#[test]
fn the_page_of_a_line_from_ticket_to_production_reads_well_too() {
    let Some(browser) = browser() else {
        assert!(!required(), "no Chromium on the `PATH`");
        return;
    };
    let env = super::env();
    let page = collected_page(&env);
    for (width, dark) in [(1280, true), (720, false), (400, false)] {
        let seen = open(browser, &page, &env.home(), width, dark);
        assert_eq!(seen.console, Vec::<String>::new(), "the console is quiet at {width}");
        assert!(seen.number("needs") <= u64::from(width), "sideways scrolling at {width}");
        assert_eq!(seen.text("cut"), "", "words leave their plot at {width}");
        for heading in ["DORA’s five by service", "Time in status", "After hours", "APEX"] {
            assert!(seen.text("headings").contains(heading), "`{heading}` is not seen at {width}");
        }
        for plot in ["From ticket to production", "Time of all tickets", "Deployments by hour"] {
            assert_eq!(seen.text("plots").matches(plot).count(), 1, "`{plot}` at {width}");
        }
    }
}

#[test]
fn the_page_of_an_empty_repository_opens_too() {
    let Some(browser) = browser() else {
        assert!(!required(), "no Chromium on the `PATH`");
        return;
    };
    let env = super::env_with_empty_repository();
    let page = written_page(&env, &env.repo());
    let seen = open(browser, &page, &env.home(), 400, false);
    assert_eq!(seen.console, Vec::<String>::new());
    assert!(seen.number("needs") <= 400);
    assert!(
        seen.text("headings").contains("What the data cannot say"),
        "{}",
        seen.text("headings")
    );
}
