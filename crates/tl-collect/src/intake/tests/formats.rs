//! Tables, test reports, telemetry.

use super::*;

#[test]
fn a_table_of_events_is_the_same_as_lines_of_them() {
    let table = "\u{FEFF}v,id,type,at,source,subject.kind,subject.key,actor,sha,env,data\r\n\
        1,7,deploy.finished,2026-03-01T13:00:00+01:00,ours,deploy,d1,ana,abc,production,\
        \"{\"\"outcome\"\":\"\"success\"\"}\"\r\n";
    let line = "{\"v\":1,\"id\":7,\"type\":\"deploy.finished\",\"at\":\"2026-03-01T12:00:00Z\",\
         \"source\":\"ours\",\"subject\":{\"kind\":\"deploy\",\"key\":\"d1\"},\"actor\":\"ana\",\
         \"refs\":{\"sha\":\"abc\",\"env\":\"production\"},\"data\":{\"outcome\":\"success\"}}";
    let (table, line) = (read(table), read(line));
    assert_eq!(table.problems, []);
    assert_eq!(table.events, line.events);
}

#[test]
fn incidents_of_a_table_open_are_acknowledged_and_resolved() {
    let batch = read(
        "ID;Opened;Acknowledged;Resolved;Service;Severity;Title;Commit\n\
         I1;2026-03-01T10:00:00Z;;2026-03-01T12:00:00Z;api;high;\"down; \"\"hard\"\"\";ABC\n\
         I2;2026-03-01T10:00:00Z;;2026-03-01T09:00:00Z;api;;;\n\
         ;2026-03-01T10:00:00Z;;;;;;\n\
         I3;2026-03-01T10:00;;;;;;\n\
         I4;2026-03-01T10:00:00Z;;;;;;;;too;many\n\
         I5;2026-03-01T10:00:00Z;;;;;\"never closed;\n\
         I6;2026-03-01T10:00:00Z;;;;;\n",
    );
    insta::assert_snapshot!(shown(&batch), @"");
}

#[test]
fn answers_of_a_survey_keep_no_respondent_and_count_each() {
    let batch = read(
        "date,email,team,question,score,min,max\n\
         2026-03-01,ana@example.com,core,I can focus,4,1,5\n\
         2026-03-01,bo@example.com,core,I can focus,4,1,5\n\
         2026-03-01,cy@example.com,core,I can focus,9,1,5\n",
    );
    assert_eq!(batch.events.len(), 2, "two people may answer the same");
    assert_ne!(batch.events[0].key, batch.events[1].key);
    let all = format!("{:?}", batch.events);
    assert!(!all.contains("ana") && !all.contains("bo@"), "{all}");
    let said = shown(&batch);
    let problems: Vec<&str> = said.lines().filter(|line| !line.contains("Z survey")).collect();
    insta::assert_snapshot!(problems.join("\n"), @"");
}

#[test]
fn issues_of_a_jira_table_need_a_zone() {
    let table = "Summary,Issue key,Issue Type,Status,Priority,Resolution,Created,Updated,Resolved,Labels,Labels\n\
        Pay by card,ABC-1,Story,Done,High,Fixed,01/Mar/26 9:15 AM,03/Mar/26 1:00 PM,03/Mar/26 1:00 PM,pay,web\n";
    assert_eq!(read(table).events, []);
    let options = Options { assume_offset: Some(OffsetMinutes(60)), ..options() };
    insta::assert_snapshot!(shown(&read_all("in", table.as_bytes(), options)), @"");
}

#[test]
fn suites_of_a_test_report_are_read_with_their_times() {
    let report = "<?xml version=\"1.0\"?>\n<testsuites>\n\
        <testsuite name=\"outer\" tests=\"3\">\n\
        <testsuite name=\"a &amp; b\" tests=\"2\" failures=\"1\" time=\"1,500.5\" timestamp=\"2026-03-01T12:00:00Z\">\n\
        <testcase name=\"x\" time=\"1\"/><testcase name=\"y\"><failure>a < b & c</failure></testcase>\n\
        </testsuite>\n\
        <testsuite name=\"c\" time=\"-1\" timestamp=\"2026-03-01T12:00:00+01:00\"><testcase time=\"2\"><skipped/></testcase></testsuite>\n\
        <testsuite name=\"d\" timestamp=\"2026-03-01T12:00:00\"><testcase/></testsuite>\n\
        <testsuite name=\"e\"><testcase/></testsuite>\n\
        </testsuite></testsuites>\n";
    let well_formed = report.replace("a < b & c", "a &lt; b & c");
    let options = Options { commit: "abc".to_owned(), ..options() };
    insta::assert_snapshot!(shown(&read_all("in", well_formed.as_bytes(), options)), @"");
    insta::assert_snapshot!(shown(&read("<!DOCTYPE x [<!ENTITY a \"b\">]>\n<testsuite/>")), @"");
    insta::assert_snapshot!(shown(&read("<html><p>Not found</p></html>")), @"");
    insta::assert_snapshot!(shown(&read("<testsuite>\n<testcase>")), @"");
    insta::assert_snapshot!(shown(&read("<a>".repeat(200))), @"");
}

#[test]
fn claude_codes_metrics_are_summed_by_session_and_interval() {
    let point = |name: &str, attribute: &str, value: &str| {
        format!(
            "{{\"name\":\"claude_code.{name}\",\"sum\":{{\"aggregationTemporality\":1,\"dataPoints\":[\
             {{\"attributes\":[{{\"key\":\"user.email\",\"value\":{{\"stringValue\":\"Ana@example.com\"}}}},\
             {{\"key\":\"session.id\",\"value\":{{\"stringValue\":\"s1\"}}}},\
             {{\"key\":\"type\",\"value\":{{\"stringValue\":\"{attribute}\"}}}}],\
             \"startTimeUnixNano\":\"1772366400000000000\",\"timeUnixNano\":\"1772366460000000000\",{value}}}]}}}}"
        )
    };
    let metrics = [
        point("session.count", "", "\"asDouble\":1"),
        point("lines_of_code.count", "added", "\"asInt\":\"12\""),
        point("lines_of_code.count", "removed", "\"asInt\":\"2\""),
        point("token.usage", "input", "\"asDouble\":100"),
        point("token.usage", "output", "\"asDouble\":50"),
        point("cost.usage", "", "\"asDouble\":0.25"),
        point("active_time.total", "cli", "\"asDouble\":1.5"),
        point("commit.count", "", "\"asInt\":\"1\"").replace("Temporality\":1", "Temporality\":2"),
    ];
    let export = format!(
        "{{\"resourceMetrics\":[{{\"resource\":{{}},\"scopeMetrics\":[{{\"metrics\":[{}]}}]}}]}}",
        metrics.join(",")
    );
    insta::assert_snapshot!(shown(&read(export)), @"");
}

#[test]
fn claude_codes_logs_say_that_a_session_was_alive_and_no_prompt_is_kept() {
    let record = "{\"timeUnixNano\":\"1772366400000000000\",\"body\":{\"stringValue\":\"claude_code.user_prompt\"},\
        \"attributes\":[{\"key\":\"user.account_uuid\",\"value\":{\"stringValue\":\"u1\"}},\
        {\"key\":\"session.id\",\"value\":{\"stringValue\":\"s1\"}},\
        {\"key\":\"prompt\",\"value\":{\"stringValue\":\"my secret\"}}]}";
    let export = format!(
        "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{record},{record}]}}]}}]}}"
    );
    insta::assert_snapshot!(shown(&read(export)), @"");
}

#[test]
fn copilot_reports_are_read_by_person_and_day() {
    let report = "{\"day\":\"2026-03-01\",\"user_login\":\"ana\",\"code_generation_activity_count\":10,\
        \"code_acceptance_activity_count\":4,\"loc_added_sum\":30,\"loc_deleted_sum\":2,\
        \"totals_by_cli\":{\"session_count\":2,\"token_usage\":{\"output_tokens_sum\":5,\"prompt_tokens_sum\":7}}}\n\
        {\"day\":\"2026-03-01\",\"daily_active_users\":4,\"code_generation_activity_count\":10}\n";
    insta::assert_snapshot!(shown(&read(report)), @"");
}
