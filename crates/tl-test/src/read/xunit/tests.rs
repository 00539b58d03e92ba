use crate::read::Gap;
use crate::read::tests::{SAMPLES, gaps, lines, read};

#[test]
fn names_lose_their_class_and_skips_have_their_reason() {
    let sample =
        SAMPLES.iter().find(|(format, _)| *format == crate::read::Format::Xunit).unwrap().1;
    assert_eq!(
        lines(&read(sample).0),
        [
            "acme.dll | Acme.Sums | Adds(a: 1): Passed",
            "acme.dll | Acme.Sums | Takes: Failed (E, 3 < 4, at a line)",
            "acme.dll | Acme.Sums | waits a while: Skipped (, later, )",
        ]
    );
}

#[test]
fn what_breaks_outside_of_tests_is_a_case() {
    let (cases, _) = read(
        "<assembly name='a.dll' total='0' errors='2'><errors><error type='assembly-cleanup' name='Fix'>\
         <failure exception-type='E'><message>m</message></failure></error><error type='fatal'/></errors>\
         </assembly>",
    );
    assert_eq!(lines(&cases), ["a.dll |  | Fix: Errored (E, m, )", "a.dll |  | [fatal]: Errored"]);
}

#[test]
fn an_assembly_with_fewer_tests_than_it_says_is_not_complete() {
    let (_, ending) = read(
        "<assemblies><assembly name='a.dll' total='2'><collection><test name='a' result='NotRun'/>\
         </collection></assembly></assemblies>",
    );
    assert_eq!(gaps(&ending), [Gap::FewerThanSaid]);
}
