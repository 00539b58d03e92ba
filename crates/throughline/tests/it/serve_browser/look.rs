//! Every page, at two widths, light, dark and printed: what is wrong with it.
//!
//! In: a browser and the address of the server. Out: sentences. Start at [`everything`]; what is checked
//! within a page is `checks.js`.

use std::fs;
use std::path::PathBuf;

use tl_testkit::browser::{Browser, Page, View};

const CHECKS: &str = include_str!("checks.js");

const WIDTHS: [u32; 2] = [1280, 400];

/// Pages that the navigation does not name: where a link to one is found, and how it begins.
const LINKED: [(&str, &str); 4] = [
    ("/", "/journey?"),
    ("/measures", "/measures/"),
    ("/tests", "/tests/"),
    ("/events", "/events/"),
];

const SCREEN: View = View { width: 1280, height: 900, dark: false, print: false };

/// Looks at all there is.
pub(super) fn everything(browser: &mut Browser, base: &str) -> Vec<String> {
    let mut page = browser.open(true);
    let mut faults = Vec::new();
    for path in paths(&mut page, base) {
        page.look(SCREEN);
        page.go(&format!("{base}{path}"));
        // What is asked for when all is there, such as the icon, has come too.
        page.value("new Promise((done) => setTimeout(done, 50))");
        let expected = if path == "/nowhere" { 404 } else { 200 };
        if page.status() != Some(expected) {
            faults.push(format!("{path}: status {:?}", page.status()));
        }
        for width in WIDTHS {
            for dark in [false, true] {
                page.look(View { width, dark, ..SCREEN });
                let theme = if dark { "dark" } else { "light" };
                let found = page.value(CHECKS);
                for fault in found.as_array().expect("the checks return a list") {
                    faults.push(format!("{path} at {width}, {theme}: {fault}"));
                }
                keep(&mut page, &path, &format!("{width}-{theme}"));
            }
        }
        page.look(View { print: true, ..SCREEN });
        let left = page.text(
            "[...document.querySelectorAll('nav, form.filters, .skip, .pages, button')]
               .filter((one) => one.getClientRects().length).map((one) => one.className || one.localName).join()",
        );
        if !left.is_empty() {
            faults.push(format!("{path} is printed with {left}"));
        }
        faults.extend(page.troubles(base).into_iter().map(|what| format!("{path}: {what}")));
    }
    faults
}

/// The pages of the navigation, one of each kind that they lead to, and those that nothing leads to.
fn paths(page: &mut Page<'_>, base: &str) -> Vec<String> {
    page.go(&format!("{base}/"));
    let nav =
        "[...document.querySelectorAll('nav a')].map((one) => one.getAttribute('href')).join(' ')";
    let mut paths: Vec<String> = page.text(nav).split(' ').map(ToOwned::to_owned).collect();
    assert!(paths.len() >= 10, "the navigation has {paths:?}");
    for (from, to) in LINKED {
        page.go(&format!("{base}{from}"));
        let link =
            format!("document.querySelector('main a[href^=\"{to}\"]')?.getAttribute('href') ?? ''");
        let link = page.text(&link);
        assert!(!link.is_empty(), "{from} leads to no {to}");
        paths.push(link);
    }
    paths.extend(["/measures", "/sign-in", "/nowhere"].map(ToOwned::to_owned));
    paths
}

/// Keeps a picture where somebody wants to look at it.
fn keep(page: &mut Page<'_>, path: &str, view: &str) {
    let Some(directory) = std::env::var_os("TL_KEEP_SHOTS").filter(|set| !set.is_empty()) else {
        return;
    };
    let directory = PathBuf::from(directory);
    fs::create_dir_all(&directory).expect("`TL_KEEP_SHOTS` names a directory to write to");
    let name = path.split('?').next().unwrap_or_default().trim_matches('/').replace('/', "-");
    let name = if name.is_empty() { "overview" } else { name.as_str() };
    let file = directory.join(format!("{name}-{view}.png"));
    fs::write(file, page.picture()).expect("`TL_KEEP_SHOTS` names a directory to write to");
}
