//! Tables, test reports, telemetry.

use std::collections::BTreeSet;

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
    insta::assert_snapshot!(shown(&batch), @r#"
    2: 2026-03-01T10:00:00Z incident.opened incident-csv incident/I1/opened incident:I1 [commit=abc incident=I1 service=api] {"severity":"high","title":"down; \"hard\""}
    2: 2026-03-01T12:00:00Z incident.resolved incident-csv incident/I1/resolved incident:I1 [commit=abc incident=I1 service=api] null
    3: 2026-03-01T10:00:00Z incident.opened incident-csv incident/I2/opened incident:I2 [incident=I2 service=api] {}
    3: 2026-03-01T09:00:00Z incident.resolved incident-csv incident/I2/resolved incident:I2 [incident=I2 service=api] null
    8: 2026-03-01T10:00:00Z incident.opened incident-csv incident/I6/opened incident:I6 [incident=I6] {}
    note in:3: `incident:I2` is incident.resolved 60 min before it is incident.opened (the source's clocks disagree; spans below zero count as none)
    out in:4: an incident without id or start (fill `id` and `opened`)
    out in:5: the date `2026-03-01T10:00` has no zone (write its offset, such as `+01:00`, or name it with `--assume-offset`)
    out in:6: a row of 11 cells under 8 (put texts that hold the separator into quotes)
    out in:7: a quote that is never closed (close it, or double it)
    "#);
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
    insta::assert_snapshot!(problems.join("\n"), @r#"
    note in:1: column `email` names respondents and is not read (leave it out of the export)
    out in:4: score 9 is not on the scale from 1 to 5 (mend score or scale)
    "#);
}

#[test]
fn a_suite_without_instant_began_with_the_whole() {
    let report = "<testsuites timestamp=\"2026-03-01T12:00:00Z\">\
        <testsuite name=\"a\"><testcase time=\"1\"/></testsuite>\
        <testsuite name=\"b\" timestamp=\"2026-03-01T13:00:00Z\">\
        <testsuite name=\"c\"><testcase time=\"2\"/></testsuite></testsuite></testsuites>";
    let ends: Vec<String> = read(report).events.iter().map(|event| event.at.to_string()).collect();
    assert_eq!(ends, ["2026-03-01T12:00:01Z", "2026-03-01T13:00:02Z"]);
}

#[test]
fn a_survey_that_is_collected_again_or_has_grown_adds_only_what_is_new() {
    let header = "date,team,question,score,min,max\n";
    let row = "2026-03-01,core,I can focus,4,1,5\n";
    let keys = |rows: &[&str]| {
        let events = read(format!("{header}{}", rows.concat())).events;
        events.into_iter().map(|event| event.key).collect::<BTreeSet<_>>()
    };
    let (once, twice) = (keys(&[row]), keys(&[row, row]));
    assert_eq!((once.len(), twice.len()), (1, 2), "two people of one file");
    assert_eq!(keys(&[row, row]), twice);
    assert!(once.is_subset(&twice), "the later export holds the earlier one");
    let other = "2026-03-02,core,I can focus,4,1,5\n";
    assert_eq!(keys(&[other, row]), keys(&[row, other]), "the order of rows says nothing");
}

#[test]
fn issues_of_a_jira_table_need_a_zone() {
    let table = "Summary,Issue key,Issue Type,Status,Priority,Resolution,Created,Updated,Resolved,Labels,Labels\n\
        Pay by card,ABC-1,Story,Done,High,Fixed,01/Mar/26 9:15 AM,03/Mar/26 1:00 PM,03/Mar/26 1:00 PM,pay,web\n";
    assert_eq!(read(table).events, []);
    let options = Options { assume_offset: Some(OffsetMinutes(60)), ..options() };
    insta::assert_snapshot!(shown(&read_all("in", table.as_bytes(), options)), @r#"
    2: 2026-03-01T08:15:00Z ticket.opened jira-csv issue/ABC-1/opened ticket:ABC-1 [ticket=ABC-1] {"class":"Story","title":"Pay by card"}
    2: 2026-03-03T12:00:00Z ticket.updated jira-csv issue/ABC-1/updated/1772539200000 ticket:ABC-1 [ticket=ABC-1] {"class":"Story","labels":["pay","web"],"priority":"High","status":"Done","title":"Pay by card"}
    2: 2026-03-03T12:00:00Z ticket.closed jira-csv issue/ABC-1/closed/1772539200000 ticket:ABC-1 [ticket=ABC-1] {"resolution":"Fixed"}
    "#);
}

#[test]
fn suites_that_do_not_say_when_they_ran_ended_when_the_report_was_written() {
    let report = "<testsuites><testsuite name=\"a\" time=\"90\"><testcase/></testsuite>\
        <testsuite name=\"b\" timestamp=\"2026-03-01T11:00:00Z\"><testcase/></testsuite>\
        <testsuite name=\"c\"><testcase/></testsuite></testsuites>";
    let written = Some(Timestamp::from_seconds(1_772_366_400));
    let options = Options { written, ..options() };
    insta::assert_snapshot!(shown(&read_all("in", report.as_bytes(), options)), @r#"
    1: 2026-03-01T12:00:00Z tests.finished junit suite//a/1772366310000 suite:a [] {"errors":0,"failures":0,"seconds":90.0,"skipped":0,"suite":"a","tests":1}
    1: 2026-03-01T11:00:00Z tests.finished junit suite//b/1772362800000 suite:b [] {"errors":0,"failures":0,"seconds":0.0,"skipped":0,"suite":"b","tests":1}
    1: 2026-03-01T12:00:00Z tests.finished junit suite//c/1772366400000 suite:c [] {"errors":0,"failures":0,"seconds":0.0,"skipped":0,"suite":"c","tests":1}
    note in:1: suites without a timestamp ended when the report was written (let the runner write `timestamp`, as most do)
    "#);
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
    insta::assert_snapshot!(shown(&read_all("in", well_formed.as_bytes(), options)), @r#"
    4: 2026-03-01T12:25:00Z tests.finished junit suite/abc/a & b/1772366400000 suite:a & b [commit=abc] {"errors":0,"failures":1,"seconds":1500.5,"skipped":0,"suite":"a & b","tests":2}
    7: 2026-03-01T11:00:02Z tests.finished junit suite/abc/c/1772362800000 suite:c [commit=abc] {"errors":0,"failures":0,"seconds":2.0,"skipped":1,"suite":"c","tests":1}
    note in:7: suite `c` took less than no time (the sum of its cases stands for it)
    out in:8: the date `2026-03-01T12:00:00` has no zone (write its offset, such as `+01:00`, or name it with `--assume-offset`)
    out in:9: suite `e` has no timestamp (let the runner write `timestamp`, as most do, or give the report as a file)
    "#);
    insta::assert_snapshot!(shown(&read("<!DOCTYPE x [<!ENTITY a \"b\">]>\n<testsuite/>")), @r#"out in:1: the report has a DOCTYPE (give a JUnit report as test runners write it)"#);
    insta::assert_snapshot!(shown(&read("<html><p>Not found</p></html>")), @r#"out in:1: the XML has no `testsuite` (give a JUnit report as test runners write it)"#);
    insta::assert_snapshot!(shown(&read("<testsuite>\n<testcase>")), @r#"out in:2: the report ends before its elements do (give a JUnit report as test runners write it)"#);
    insta::assert_snapshot!(shown(&read("<a>".repeat(200))), @r#"out in:1: elements are nested too deep (give a JUnit report as test runners write it)"#);
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
    insta::assert_snapshot!(shown(&read(export)), @r#"
    1: 2026-03-01T12:00:00Z ai.session claude-code metrics/ana@example.com/s1/1772366460000 person:ana@example.com by ana@example.com [] {"accepted":0,"active_ms":1500,"changes":0,"commits":0,"cost_usd":0.25,"level":"E2","lines_added":12,"lines_removed":2,"offered":0,"sessions":1,"tokens":150,"tool":"Claude"}
    out in:1: `claude_code.commit.count` is cumulative: its sums overlap (set `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`)
    "#);
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
    insta::assert_snapshot!(shown(&read(export)), @r#"1: 2026-03-01T12:00:00Z ai.session claude-code logs/u1/s1/1772366400000 person:u1 by u1 [] {"accepted":0,"active_ms":0,"changes":0,"commits":0,"cost_usd":0.0,"level":"E2","lines_added":0,"lines_removed":0,"offered":0,"sessions":0,"tokens":0,"tool":"Claude"}"#);
}

#[test]
fn copilot_reports_are_read_by_person_and_day() {
    let report = "{\"day\":\"2026-03-01\",\"user_login\":\"ana\",\"code_generation_activity_count\":10,\
        \"code_acceptance_activity_count\":4,\"loc_added_sum\":30,\"loc_deleted_sum\":2,\
        \"totals_by_cli\":{\"session_count\":2,\"token_usage\":{\"output_tokens_sum\":5,\"prompt_tokens_sum\":7}}}\n\
        {\"day\":\"2026-03-01\",\"daily_active_users\":4,\"code_generation_activity_count\":10}\n";
    insta::assert_snapshot!(shown(&read(report)), @r#"
    1: 2026-03-01T00:00:00Z ai.usage copilot day/ana/2026-03-01 person:ana by ana [] {"accepted":4,"active_ms":0,"changes":0,"commits":0,"cost_usd":0.0,"level":"E4","lines_added":30,"lines_removed":2,"offered":10,"sessions":2,"tokens":12,"tool":"Copilot"}
    out in:2: a Copilot report of a whole organisation says nothing of a person's use (fetch the `users` report)
    "#);
}
