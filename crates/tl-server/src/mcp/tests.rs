//! Tools as an agent calls them, over HTTP.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::testing::Site;

/// Calls a method; the result, or the error.
fn call(site: &Site, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = Request::post("/mcp")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .body(Body::from(body.to_string()));
    let answer = site.send(request.unwrap());
    assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.body);
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    answer.get("result").or_else(|| answer.get("error")).unwrap().clone()
}

fn tool(site: &Site, name: &str, arguments: &Value) -> Value {
    call(site, "tools/call", &json!({ "name": name, "arguments": arguments }))
}

#[test]
fn every_tool_is_described_and_only_reads() {
    let site = Site::empty();
    let tools = call(&site, "tools/list", &json!({}));
    let tools = tools["tools"].as_array().unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["is_package_real", "is_test_flaky", "last_incidents", "risk_of_paths", "where_work_waits"]
    );
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert!(tool["description"].as_str().unwrap().len() > 40, "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        // Clients know no other formats of numbers than those of OpenAPI, and say so each time.
        assert!(!tool.to_string().contains("\"uint"), "{tool}");
    }
}

#[test]
fn an_agent_learns_where_work_waits() {
    let site = Site::sample();
    let result = tool(&site, "where_work_waits", &json!({}));
    let said = &result["structuredContent"];
    assert!(said["changes"].as_u64().unwrap() > 0, "{said}");
    let stages = said["stages"].as_array().unwrap();
    assert!(stages.iter().any(|stage| stage["kind"] == "wait"), "{said}");
    assert!(said["first"].as_str().unwrap().len() > 20);
}

#[test]
fn an_agent_learns_whether_a_package_is_real() {
    let site = Site::empty();
    let verdict = |ecosystem: &str, name: &str| {
        let result =
            tool(&site, "is_package_real", &json!({ "ecosystem": ecosystem, "name": name }));
        result["structuredContent"]["verdict"].as_str().unwrap_or("error").to_owned()
    };
    assert_eq!(verdict("npm", "express"), "popular");
    assert_eq!(verdict("npm", "exprress"), "lookalike");
    assert_eq!(verdict("pypi", "acme-internal-billing-helpers"), "unknown");
    assert_eq!(verdict("cobol", "x"), "error");
}

#[test]
fn an_agent_learns_of_incidents_and_paths_and_tests_or_that_there_are_none() {
    let site = Site::sample();
    let incidents = &tool(&site, "last_incidents", &json!({ "limit": 2 }))["structuredContent"];
    assert!(incidents["incidents"].as_array().unwrap().len() <= 2, "{incidents}");
    let all = &tool(&site, "last_incidents", &json!({ "limit": 50 }))["structuredContent"];
    let blamed = all["incidents"].as_array().unwrap().iter().flat_map(|one| {
        one["changes"].as_array().unwrap().iter().map(|change| change.as_str().unwrap())
    });
    assert!(blamed.into_iter().any(|change| change.contains(": acme/") && change.contains('#')));
    let none =
        &tool(&site, "last_incidents", &json!({ "service": "nowhere" }))["structuredContent"];
    assert_eq!(none["all"], 0);
    let risk = &tool(&site, "risk_of_paths", &json!({ "paths": ["src/"] }))["structuredContent"];
    assert_eq!(risk["paths"][0]["path"], "src/");
    let tests = &tool(&site, "is_test_flaky", &json!({ "name": "orders" }))["structuredContent"];
    assert_eq!(tests["found"], 0);
}

#[test]
fn what_cannot_be_asked_is_said_so_and_breaks_nothing() {
    let site = Site::sample();
    for (name, arguments) in [
        ("where_work_waits", json!({ "days": 0 })),
        ("where_work_waits", json!({ "team": "a".repeat(300) })),
        ("where_work_waits", json!({ "colour": "red" })),
        ("risk_of_paths", json!({ "paths": [] })),
        ("risk_of_paths", json!({ "paths": vec!["a"; 201] })),
        ("is_test_flaky", json!({ "name": " " })),
        ("is_package_real", json!({})),
        ("no_such_tool", json!({})),
    ] {
        let result = tool(&site, name, &arguments);
        let is_told = result.get("message").is_some() || result["isError"] == true;
        assert!(is_told, "{name} {arguments}: {result}");
    }
}
