use super::super::Format;
use super::super::shown::shown;

#[test]
fn attempts_shards_and_targets_that_were_not_built() {
    let text = r#"{"id":{"started":{}}}
{"id":{"testResult":{"label":"//a:b","run":1,"shard":2,"attempt":1}},"testResult":{"status":"TIMEOUT","testAttemptDurationMillis":"2577","testAttemptStartMillisEpoch":"1621838715713"}}
{"id":{"testResult":{"label":"//a:b","run":1,"shard":2,"attempt":2}},"testResult":{"status":"PASSED","testAttemptDuration":"2.5s"}}
{"id":{"testSummary":{"label":"//a:b"}},"testSummary":{"overallStatus":"FLAKY","totalRunCount":2}}
{"id":{"testSummary":{"label":"//a:c"}},"testSummary":{"overallStatus":"FAILED_TO_BUILD"}}
{"id":{"workspaceStatus":{}},"workspaceStatus":{"item":[{"key":"BUILD_SCM_REVISION","value":"3f1c9aa77"}]}}
{"id":{"progress":{}},"lastMessage":true}
"#;
    assert_eq!(
        shown(Format::BazelEvents, text),
        "Failed //a > b (shard 2) 2577000 us [] \"the target took longer than its timeout\"
Passed //a > b (shard 2) (attempt 2) 2500000 us
Errored //a > c [] \"Bazel did not test it: FAILED_TO_BUILD\"
note: cases are targets of Bazel; for the tests in them, read its `test.xml` files
"
    );
}
