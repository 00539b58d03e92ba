use super::*;

fn named(name: &str) -> TestName {
    TestName { name: name.to_owned(), ..TestName::default() }
}

#[test]
fn a_gap_is_never_lost_among_too_many_remarks() {
    let limits = Limits { remarks: 3, ..Limits::default() };
    let mut sink = Sink::new(None, limits);
    for number in 0..10 {
        sink.note(format!("remark {number}"));
    }
    sink.gap(Gap::Truncated, "it breaks off", "");
    let ending = sink.ending();
    assert!(!ending.complete);
    assert_eq!(ending.remarks.len(), 5);
    assert_eq!(ending.remarks[4].what, "7 further remarks are not shown");
}

#[test]
fn the_same_remark_is_said_once() {
    let mut sink = Sink::new(None, Limits::default());
    (0..500_000).for_each(|_| sink.note("`time` is no number"));
    assert_eq!(sink.ending().remarks.len(), 1);
}

#[test]
fn names_are_cut_and_their_control_characters_escaped() {
    let mut sink = Sink::new(None, Limits { name: 8, ..Limits::default() });
    sink.case(case(named("a\u{1b}b\nc"), Status::Passed));
    sink.case(case(named("äöüäöü"), Status::Passed));
    let names: Vec<String> = sink.take().into_iter().map(|case| case.test.name).collect();
    assert_eq!(names, ["a\\u{1b}b\\nc", "äöüä"]);
}

#[test]
fn texts_lose_colours_and_keep_lines() {
    assert_eq!(printable("\u{1b}[31;1mred\u{1b}[0m\r\nnext\u{0}"), "red\nnext\u{fffd}");
    assert!(matches!(printable("plain\n\ttext"), Cow::Borrowed(_)));
}

#[test]
fn cases_over_the_limit_are_told_and_not_taken() {
    let mut sink = Sink::new(None, Limits { cases: 2, ..Limits::default() });
    (0..5).for_each(|_| sink.case(case(named("x"), Status::Failed)));
    assert_eq!(sink.take().len(), 2);
    assert!(sink.is_stopped());
    let ending = sink.ending();
    assert_eq!((ending.counted.failed, ending.complete), (2, false));
    assert_eq!(ending.remarks[0].gap, Some(Gap::TooLarge));
}

#[test]
fn a_commit_is_hexadecimal_or_nothing() {
    let mut sink = Sink::new(None, Limits::default());
    sink.commit("unknown");
    sink.commit(" 3F1C9AA ");
    sink.commit("0000000");
    assert_eq!(sink.ending().commit.as_deref(), Some("3f1c9aa"));
}
