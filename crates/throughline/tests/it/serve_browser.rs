//! The pages of `throughline serve --demo` in a real browser: every one is opened, looked at and clicked
//! through.
//!
//! In: the program, Chromium (see [`Browser`]). Out: what is wrong, all of it at once. Start at the test: it
//! is one, because the organisation takes seconds to measure. With `TL_KEEP_SHOTS=DIR` a picture of each
//! page is kept there, at both widths, light and dark, to be looked at by people.
//! **Invariant:** nothing but this machine is asked, and the server ends with the test.

mod look;
mod walk;

use tl_testkit::browser::Browser;

use crate::serving::Serving;

#[test]
fn every_page_reads_well_and_leads_on_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    // The organisation ends at that instant: on another day it is another one, with other faults.
    let serving = Serving::start(&["--demo"], &[("TL_NOW", "2026-11-21T12:00:00Z")]);
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
