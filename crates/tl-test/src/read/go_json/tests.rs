use super::super::Format;
use super::super::shown::shown;

fn events(lines: &[&str]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let mut words = line.split(' ');
            let (action, package) = (words.next().unwrap(), words.next().unwrap());
            let test = words.next().filter(|test| *test != "-").unwrap_or_default();
            let output = words.collect::<Vec<_>>().join(" ").replace("\\n", "\n");
            serde_json::json!({
                "Action": action, "Package": package, "Test": test, "Output": output, "Elapsed": 0.5,
            })
            .to_string()
        })
        .collect();
    shown(Format::GoJson, &lines.join("\n"))
}

#[test]
fn packages_are_handed_on_as_they_end() {
    assert_eq!(
        events(&[
            "start a",
            "run a TestX",
            "run b TestY",
            "output b TestY     y_test.go:3: no\\n",
            "fail b TestY",
            "pass a TestX",
            "fail b",
            "pass a",
        ]),
        "Failed b > TestY 500000 us [] \"no\"\nPassed a > TestX 500000 us\n"
    );
}

#[test]
fn a_panic_leaves_tests_unfinished_and_the_package_names_no_other_reason() {
    assert_eq!(
        events(&[
            "run a TestX",
            "run a TestY",
            "output a TestY panic: no\\n",
            "fail a TestY",
            "fail a"
        ]),
        "Unfinished a > TestX [] \"it never ended\"\nFailed a > TestY 500000 us [] \"panic: no\"\n"
    );
}

#[test]
fn a_log_that_breaks_off_has_open_packages() {
    assert_eq!(
        events(&["run a TestX"]),
        "Unfinished a > TestX [] \"it never ended\"\n! Truncated: package `a` never ended\n"
    );
}

#[test]
fn a_build_that_fails_is_a_red_case_of_its_package() {
    let text = r##"{"ImportPath":"a [a.test]","Action":"build-output","Output":"# a [a.test]\n"}
{"ImportPath":"a [a.test]","Action":"build-output","Output":"./a.go:3:2: undefined: x\n"}
{"ImportPath":"a [a.test]","Action":"build-fail"}
{"Action":"start","Package":"a"}
{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}
{"Action":"fail","Package":"a","Elapsed":0,"FailedBuild":"a [a.test]"}
"##;
    assert_eq!(
        shown(Format::GoJson, text),
        "Errored a > [build failed] [] \"./a.go:3:2: undefined: x\"\n"
    );
}

#[test]
fn a_line_in_two_pieces_is_one() {
    assert_eq!(
        events(&[
            "run a TestX",
            "output a TestX x_test.go:3:",
            "output a TestX  no\\n",
            "fail a TestX",
            "fail a"
        ]),
        "Failed a > TestX 500000 us [] \"no\"\n"
    );
}

#[test]
fn lines_that_are_no_events_are_those_of_the_build() {
    let text = "go: downloading x\n# a\n./a.go:1: no\nFAIL\ta [build failed]\n{\"Action\":\"pass\",\"Package\":\"b\"}\n";
    assert_eq!(shown(Format::GoJson, text), "Errored a > [build failed] [] \"./a.go:1: no\"\n");
    let half = "{\"Action\":\"pass\",\"Package\":\"b\"}\n{\"Action\":\"pa";
    assert_eq!(shown(Format::GoJson, half), "! Malformed: an event of the report cannot be read\n");
}

#[test]
fn a_package_without_a_name_is_one_all_the_same() {
    let text = "{\"Action\":\"run\",\"Test\":\"TestX\"}\n{\"Action\":\"fail\",\"Test\":\"TestX\"}\n{\"Action\":\"fail\"}\n";
    assert_eq!(shown(Format::GoJson, text), "Failed TestX\n");
}
