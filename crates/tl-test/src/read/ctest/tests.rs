use crate::read::tests::{lines, read};

fn test(status: &str, completion: &str, output: &str) -> Vec<String> {
    let text = format!(
        "<Site><Testing><TestList><Test>./a</Test></TestList><Test Status='{status}'><Name>a</Name>\
         <Path>./sums</Path><Results><NamedMeasurement name='Exit Code'><Value>Failed</Value>\
         </NamedMeasurement><NamedMeasurement name='Completion Status'><Value>{completion}</Value>\
         </NamedMeasurement><Measurement>{output}</Measurement></Results></Test></Testing></Site>"
    );
    lines(&read(&text).0)
}

#[test]
fn a_test_that_could_not_be_started_is_red() {
    for (completion, status) in [
        ("Disabled", "Skipped"),
        ("SKIP_RETURN_CODE=77", "Skipped"),
        ("Unable to find executable", "Errored"),
        ("Required Files Missing", "Errored"),
    ] {
        let found = test("notrun", completion, "");
        assert_eq!(found, [format!(" | sums | a: {status} (Failed, {completion}, )")]);
    }
}

#[test]
fn output_is_kept_of_red_tests_and_not_where_it_is_compressed() {
    let written = "<Value>x\ny</Value>";
    assert_eq!(
        test("failed", "Completed", written),
        [" | sums | a: Failed (Failed, Failed, x\ny)"]
    );
    assert_eq!(test("passed", "Completed", written), [" | sums | a: Passed"]);
    let packed = "<Value encoding='base64' compression='gzip'>H4sI</Value>";
    assert_eq!(test("failed", "Timeout", packed), [" | sums | a: Failed (Failed, Timeout, )"]);
}
