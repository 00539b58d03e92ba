//! What a person does on the pages: chooses, clicks, types, and waits for what comes.
//!
//! In: an open page. Out: a panic that says what did not happen.

use serde_json::json;
use tl_testkit::browser::{Page, View};

use crate::serving::Serving;

const WIDE: View = View { width: 1280, height: 900, dark: false, print: false };

const FACTS: &str = "document.getElementById('facts').textContent";
const HEADING: &str = "document.querySelector('h1').textContent";
const FOCUS: &str = "document.activeElement.localName + ' ' + (document.activeElement.name ?? '')
    + (document.activeElement.closest('main') ? ' in main' : '')";

/// Goes one down in a field of the filters, as one does with the keyboard.
fn choose_next(page: &mut Page<'_>, name: &str) {
    page.value(&format!("document.querySelector('header select[name={name}]').focus()"));
    page.press("ArrowDown");
}

fn parameter(page: &mut Page<'_>, name: &str) -> String {
    page.text(&format!("new URL(location).searchParams.get('{name}') ?? ''"))
}

pub(super) fn filters_are_chosen_and_stay(page: &mut Page<'_>, base: &str) {
    page.look(WIDE);
    page.go(&format!("{base}/"));
    let all = page.text(FACTS);
    choose_next(page, "team");
    page.loaded();
    assert_eq!(parameter(page, "team"), "team-000");
    let of_team = page.text(FACTS);
    assert_ne!(of_team, all, "a team alone has other facts than all");

    choose_next(page, "days");
    page.loaded();
    assert_eq!(parameter(page, "days"), "180");
    assert_eq!(parameter(page, "team"), "team-000", "one filter does not take another away");
    let of_half_year = page.text(FACTS);
    assert_ne!(of_half_year, of_team, "half a year has other facts than a quarter");
    // What chooses nothing is not in the address.
    assert!(!page.text("location.search").contains("service="));

    page.click("nav a[href^='/flow']");
    page.loaded();
    assert_eq!(page.text(HEADING), "Flow");
    assert_eq!(parameter(page, "team"), "team-000");
    assert_eq!(parameter(page, "days"), "180");
    let chosen = "document.querySelector('header select[name=team]').value";
    assert_eq!(page.text(chosen), "team-000");
    let first_words = |facts: &str| facts.split(';').next().unwrap_or_default().to_owned();
    assert_eq!(first_words(&page.text(FACTS)), first_words(&of_half_year));

    page.click("a.reset");
    page.loaded();
    assert_eq!(page.text("location.search"), "");
    assert_eq!(first_words(&page.text(FACTS)), first_words(&all));
}

pub(super) fn a_number_leads_to_its_formula_and_a_change_to_its_journey(
    page: &mut Page<'_>,
    base: &str,
) {
    for number in [".station .fact a[href^='/measures/']", ".week th a", ".figure a"] {
        page.go(&format!("{base}/"));
        page.click(number);
        page.loaded();
        let formula =
            page.text("document.querySelector('#definition .formula')?.textContent ?? ''");
        assert!(!formula.is_empty(), "{number} leads to {}", page.text("location.pathname"));
    }
    page.go(&format!("{base}/"));
    let change = "document.querySelector('main .waits a[href^=\"/journey?\"]').textContent";
    let change = page.text(change);
    page.click("main .waits a[href^='/journey?']");
    page.loaded();
    assert_eq!(page.text("location.pathname"), "/journey");
    let told = page.text("document.querySelector('main').textContent");
    assert!(told.contains(&change), "the journey is not that of {change}");

    // A point of a scatter plot is a change too.
    page.go(&format!("{base}/flow"));
    page.value("document.querySelector('svg.wide a[href^=\"/journey?\"]').focus()");
    page.press("Enter");
    page.loaded();
    assert_eq!(page.text("location.pathname"), "/journey");
}

pub(super) fn the_keyboard_reaches_filters_and_content(page: &mut Page<'_>, base: &str) {
    page.go(&format!("{base}/"));
    page.press("Tab");
    assert_eq!(page.text("document.activeElement.getAttribute('href')"), "#main");
    let mut way = Vec::new();
    for _ in 0..30 {
        page.press("Tab");
        way.push(page.text(FOCUS));
    }
    let at = |what: &str| way.iter().position(|one| one.contains(what));
    let (filters, content) = (at("select days"), at("in main"));
    assert!(filters.is_some() && filters < content, "the way by Tab is {way:?}");

    page.go(&format!("{base}/"));
    page.press("Tab");
    page.press("Enter");
    page.press("Tab");
    let skipped = page.text(FOCUS);
    assert!(skipped.ends_with("in main"), "after the link that skips comes {skipped}");
}

pub(super) fn events_appear_as_they_come(page: &mut Page<'_>, serving: &Serving) {
    page.go(&format!("{}/events", serving.base));
    page.value("window.isTheSamePage = true");
    // How it stands, `ledger` and `measured`: what comes after that is new.
    for _ in 0..2 {
        page.wait_for_event("Network.eventSourceMessageReceived");
    }
    serving.tell(
        r#"{"v":1,"id":"LIVE-1/opened","type":"ticket.opened","at":"2026-03-02T09:00:00Z","source":"tracker","subject":{"kind":"ticket","key":"LIVE-1"},"actor":"ana"}"#,
    );
    page.wait_for("document.querySelector('main tbody').textContent.includes('LIVE-1')");
    assert_eq!(page.value("window.isTheSamePage"), true, "the page was loaded anew");
    assert_eq!(page.troubles(&serving.base), Vec::<String>::new());
}

/// A browser has six connections to a server: seven pages that keep one each, and the next one hangs.
pub(super) fn a_page_that_is_left_gives_its_connection_back(page: &mut Page<'_>, base: &str) {
    let watch = "window.EventSource = class extends EventSource {
        constructor(at) {
            super(at);
            addEventListener('pagehide', () => { sessionStorage.left = this.readyState; });
        }
    }";
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch }));
    page.go(&format!("{base}/"));
    page.wait_for_event("Network.eventSourceMessageReceived");
    page.go(&format!("{base}/events"));
    let closed = page.value("Number(sessionStorage.left) === EventSource.CLOSED");
    assert_eq!(closed, true, "the page still listens after it was left");
}

pub(super) fn filters_work_without_script(page: &mut Page<'_>, base: &str) {
    page.look(WIDE);
    page.go(&format!("{base}/flow"));
    let all = page.text(FACTS);
    choose_next(page, "team");
    page.click("header form.filters button");
    page.loaded();
    assert_eq!(parameter(page, "team"), "team-000");
    assert_ne!(page.text(FACTS), all);
    assert_eq!(page.text(HEADING), "Flow");
    assert_eq!(page.troubles(base), Vec::<String>::new());
}
