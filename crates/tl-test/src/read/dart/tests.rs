use super::super::Format;
use super::super::shown::shown;

const HEAD: &str = "{\"protocolVersion\":\"0.1.1\",\"type\":\"start\"}\n{\"suite\":{\"id\":0,\"path\":\"test\\\\a.dart\"},\"type\":\"suite\"}\n{\"group\":{\"id\":1,\"name\":null},\"type\":\"group\"}\n{\"group\":{\"id\":2,\"name\":\"sums\"},\"type\":\"group\"}\n{\"group\":{\"id\":3,\"name\":\"sums of two\"},\"type\":\"group\"}\n{\"test\":{\"id\":4,\"name\":\"sums of two adds\",\"suiteID\":0,\"groupIDs\":[1,2,3]},\"type\":\"testStart\",\"time\":1}\n";

#[test]
fn names_are_taken_apart_by_their_groups() {
    let text = format!(
        "{HEAD}[{{\"event\":\"x\"}}]\n{{\"testID\":4,\"result\":\"success\",\"type\":\"testDone\",\"time\":3}}\n{{\"success\":true,\"type\":\"done\"}}\n"
    );
    assert_eq!(shown(Format::Dart, &text), "Passed test/a.dart > sums > of two > adds 2000 us\n");
}

#[test]
fn a_file_that_does_not_load_is_red_and_hidden_ones_are_not_shown() {
    let text = "{\"protocolVersion\":\"0.1.1\",\"type\":\"start\"}
{\"test\":{\"id\":1,\"name\":\"loading test/a.dart\",\"groupIDs\":[]},\"type\":\"testStart\",\"time\":1}
{\"test\":{\"id\":2,\"name\":\"loading test/b.dart\",\"groupIDs\":[]},\"type\":\"testStart\",\"time\":1}
{\"testID\":1,\"error\":\"Failed to load\",\"stackTrace\":\"\",\"type\":\"error\"}
{\"testID\":1,\"result\":\"error\",\"hidden\":false,\"type\":\"testDone\",\"time\":1}
{\"testID\":2,\"result\":\"success\",\"hidden\":true,\"type\":\"testDone\",\"time\":1}
{\"success\":false,\"type\":\"done\"}\n";
    assert_eq!(
        shown(Format::Dart, text),
        "Errored loading test/a.dart 0 us [] \"Failed to load\"\n"
    );
}

#[test]
fn a_run_that_was_stopped_is_not_complete() {
    assert_eq!(
        shown(Format::Dart, &format!("{HEAD}{{\"success\":null,\"type\":\"done\"}}\n")),
        "Unfinished test/a.dart > sums > of two > adds [] \"it never ended\"\n! NeverFinished: the runner was stopped before it was done\n"
    );
}
