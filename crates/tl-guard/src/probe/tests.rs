use proptest::prelude::*;

use super::*;

/// Plays a server: what it answers to each method. Returns the methods that were asked and the answer.
fn play(server: impl Fn(&str, &Value) -> Option<Value>) -> (Vec<String>, Answer) {
    let (mut probe, line) = Probe::new();
    let (mut asked, mut lines) = (Vec::new(), vec![line]);
    while let Some(line) = lines.pop() {
        for line in line.lines() {
            let request: Value = serde_json::from_str(line).unwrap();
            let method = request["method"].as_str().unwrap().to_owned();
            asked.push(method.clone());
            let Some(mut answer) = server(&method, &request["params"]) else { continue };
            answer["id"] = request["id"].clone();
            match probe.line(answer.to_string().as_bytes()) {
                Next::Send(more) if more.is_empty() => {}
                Next::Send(more) => lines.push(more),
                Next::Done => return (asked, probe.finish()),
            }
        }
    }
    (asked, probe.finish())
}

fn hello(capabilities: Value) -> Option<Value> {
    let result = json!({"protocolVersion": "2025-06-18", "capabilities": capabilities,
        "instructions": "Be kind.", "serverInfo": {"name": "s", "version": "1"}});
    Some(json!({"result": result}))
}

fn error() -> Option<Value> {
    Some(json!({"error": {"code": -32601, "message": "no such method"}}))
}

#[test]
fn all_that_a_server_says_it_has_is_asked_for_page_by_page() {
    let (asked, answer) = play(|method, params| match (method, params["cursor"].as_str()) {
        ("initialize", _) => hello(json!({"tools": {}, "prompts": {}})),
        ("tools/list", None) => {
            Some(json!({"result": {"tools": [{"name": "a"}], "nextCursor": "2"}}))
        }
        ("tools/list", Some("2")) => Some(json!({"result": {"tools": [{"name": "b"}]}})),
        ("prompts/list", None) => Some(json!({"result": {"prompts": [{"name": "p"}]}})),
        _ => None,
    });
    assert_eq!(
        asked,
        ["initialize", "notifications/initialized", "tools/list", "tools/list", "prompts/list"]
    );
    let names: Vec<_> = answer.tools.iter().map(|tool| (tool.name.as_str(), tool.kind)).collect();
    assert_eq!(names, [("a", ToolKind::Tool), ("b", ToolKind::Tool), ("p", ToolKind::Prompt)]);
    assert_eq!(answer.instructions.as_deref(), Some("Be kind."));
    assert_eq!(answer.version.as_deref(), Some("2025-06-18"));
    assert_eq!(answer.problems, []);
}

#[test]
fn a_server_without_a_handshake_is_asked_without_one() {
    let (asked, answer) = play(|method, params| match method {
        "initialize" => error(),
        "server/discover" | "tools/list"
            if params["_meta"]["io.modelcontextprotocol/protocolVersion"] != STATELESS =>
        {
            error()
        }
        "server/discover" => Some(json!({"result": {"capabilities": {"tools": {}}}})),
        "tools/list" => Some(json!({"result": {"tools": [{"name": "a"}]}})),
        _ => None,
    });
    assert_eq!(asked, ["initialize", "server/discover", "tools/list"]);
    assert_eq!((answer.tools.len(), answer.problems), (1, Vec::new()));
}

#[test]
fn a_server_that_turns_in_circles_is_stopped_and_that_is_said() {
    let endless = |cursor: fn(usize) -> String| {
        let pages = std::cell::Cell::new(0);
        let (asked, answer) = play(|method, _| {
            if method == "initialize" {
                return hello(json!({}));
            }
            pages.set(pages.get() + 1);
            let page = json!({"tools": [{"name": "a"}], "nextCursor": cursor(pages.get())});
            (method == "tools/list").then(|| json!({"result": page}))
        });
        let problem = answer.problems.into_iter().next().unwrap();
        assert!(problem.limit);
        (asked.len(), problem.text)
    };
    let again = "gives the same page of `tools/list` again and again".to_owned();
    assert_eq!(endless(|_| "same".to_owned()), (4, again));
    let pages = "has more than 100 pages of `tools/list`".to_owned();
    assert_eq!(endless(|page| page.to_string()), (102, pages));
}

#[test]
fn a_refused_list_is_a_problem_only_where_it_was_promised() {
    let refusing = |capabilities: Value| {
        play(|method, _| if method == "initialize" { hello(capabilities.clone()) } else { error() })
            .1
    };
    assert_eq!(refusing(json!({})).problems, []);
    let problem = refusing(json!({"tools": {}})).problems.remove(0);
    assert_eq!(
        (problem.text.as_str(), problem.seen.as_str()),
        ("refuses `tools/list`", "no such method")
    );
    let unknown = play(|_, _| error()).1.problems.remove(0);
    assert!(unknown.text.starts_with("speaks no version"));
}

#[test]
fn what_a_server_asks_is_refused_and_bounded() {
    let (mut probe, _) = Probe::new();
    let ping = probe.line(br#"{"jsonrpc":"2.0","id":"x","method":"ping"}"#);
    let Next::Send(pong) = ping else { panic!("{ping:?}") };
    let pong: serde_json::Value = serde_json::from_str(&pong).expect("one line of JSON");
    assert_eq!(pong, serde_json::json!({"jsonrpc": "2.0", "id": "x", "result": {}}));
    let roots = br#"{"jsonrpc":"2.0","id":7,"method":"roots/list"}"#;
    let Next::Send(refusal) = probe.line(roots) else { panic!("it is answered") };
    assert!(refusal.contains("-32601"));
    let last = (0..MOST_REQUESTS).map(|_| probe.line(roots)).last();
    assert_eq!(last, Some(Next::Done));
    assert!(probe.finish().problems[0].limit);
}

#[test]
fn lines_of_a_log_and_answers_to_nobody_are_passed_over() {
    let (mut probe, _) = Probe::new();
    for line in
        ["Server started", "", "{", "[]", "{}", r#"{"id":9,"result":{}}"#, "\u{feff}", "null"]
    {
        assert_eq!(probe.line(line.as_bytes()), Next::Send(String::new()), "{line}");
    }
    assert_eq!(probe.finish(), Answer::default());
}

#[test]
fn an_answer_that_is_nested_without_end_is_given_up() {
    let (mut probe, _) = Probe::new();
    let line = format!(r#"{{"id":1,"result":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(probe.line(line.as_bytes()), Next::Done);
    assert!(probe.finish().problems[0].limit);
}

#[test]
fn seeds_of_the_fuzz_target_are_read() {
    let read = |seed: &str| {
        let (mut probe, _) = Probe::new();
        let done = seed.lines().any(|line| probe.line(line.as_bytes()) == Next::Done);
        (done, probe.finish())
    };
    let (done, answer) = read(include_str!("../../../../fuzz/seeds/guard_probe/pages"));
    assert!(done);
    let names: Vec<&str> = answer.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "p", "x://{y}"]);
    assert_eq!(answer.problems.len(), 2, "{:?}", answer.problems);
    let (done, answer) = read(include_str!("../../../../fuzz/seeds/guard_probe/without_handshake"));
    assert!(done);
    assert_eq!(answer.problems[0].seen, "input_required");
}

/// Messages that look like answers.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just(json!({})),
        Just(json!({"capabilities": {"tools": {}, "resources": {}}})),
        Just(json!({"tools": [{"name": "a"}, 3], "nextCursor": "x"})),
        Just(json!({"tools": "none", "nextCursor": 7})),
        Just(json!([[]])),
        Just(Value::Null),
    ];
    let message = (0_u64..8, value, "(result|error|method|params)")
        .prop_map(|(id, value, member)| json!({"jsonrpc": "2.0", "id": id, member: value}));
    prop_oneof![
        message.clone().prop_map(|message| message.to_string().into_bytes()),
        prop::collection::vec(message, 0..4)
            .prop_map(|messages| Value::from(messages).to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    /// Whatever a server says, nothing panics and every line that is sent is one message of JSON.
    #[test]
    fn any_lines_are_answered_by_messages(lines in prop::collection::vec(lines(), 0..60)) {
        let (mut probe, _) = Probe::new();
        for line in lines {
            match probe.line(&line) {
                Next::Send(sent) => {
                    prop_assert!(sent.is_empty() || sent.ends_with('\n'));
                    for line in sent.lines() {
                        let message = serde_json::from_str::<Value>(line).unwrap();
                        prop_assert_eq!(&message["jsonrpc"], "2.0");
                    }
                }
                Next::Done => break,
            }
        }
        prop_assert!(probe.finish().tools.len() <= tools::MOST_TOOLS);
    }
}
