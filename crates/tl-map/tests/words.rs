//! Words of whole reports, which are made outside of the crate.

use tl_map::words::Line;
use tl_testkit::report::{sample, sample_collected};

#[test]
fn a_line_is_named_by_where_it_starts_and_ends() {
    let git = Line::of(&sample().value_stream);
    assert_eq!((git.whole(), git.review()), ("first commit to release", "last push to merge"));
    let whole = Line::of(&sample_collected().value_stream);
    assert_eq!(
        (whole.whole(), whole.lead(), whole.review()),
        ("ticket to production", "first commit to production", "ready to merge")
    );
}
