use proptest::prelude::*;

use super::*;

const PROGRAM: &str = "/opt/bin/throughline";

/// Clients whose hooks stand in a JSON file.
const JSON: &[Client] = &[
    Client::ClaudeCode,
    Client::Codex,
    Client::Cursor,
    Client::Gemini,
    Client::CopilotCli,
    Client::Windsurf,
];

fn value(text: &str) -> Value {
    json::parse(text, Limits::default()).unwrap().value()
}

#[test]
fn a_new_file_holds_what_the_client_needs_and_goes_again() {
    for client in JSON {
        let text = install(*client, PROGRAM, None).unwrap();
        let root = value(&text);
        for (event, _) in events(*client) {
            let entry = root["hooks"][*event][0].to_string();
            assert!(
                entry.contains(&format!("{PROGRAM} hook {} {event}", super::super::name(*client))),
                "{entry}"
            );
        }
        assert!(text.ends_with("}\n"));
        assert_eq!(uninstall(*client, PROGRAM, &text, None).unwrap(), None, "{text}");
    }
    let claude = value(&install(Client::ClaudeCode, PROGRAM, None).unwrap());
    let hook = json!({
        "type": "command", "command": format!("{PROGRAM} hook claude-code PreToolUse"), "timeout": 5, "onFailure": "block",
    });
    assert_eq!(claude["hooks"]["PreToolUse"], json!([{"matcher": "*", "hooks": [hook]}]));
    assert_eq!(value(&install(Client::Cursor, PROGRAM, None).unwrap())["version"], 1);
}

/// Existing files of every form that people have.
const FILES: &[&str] = &[
    "{}",
    "{}\n",
    "\u{feff}{ }\n",
    "{\n}\n",
    "{\"a\":1}",
    "{\"hooks\":{}}",
    "{\n  \"hooks\": {}\n}\n",
    "{\n\t\"a\": 1,\n\t\"hooks\": {\n\t\t\"PreToolUse\": []\n\t}\n}\n",
    "{\n    // mine\n    \"a\": [1, 2,], // behind\n}\n",
    "{\r\n  \"a\": 1\r\n}\r\n",
    "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}, // keep\n    ],\n    /* other */\n    \"Stop\": [{\"hooks\": []}]\n  },\n  \"z\": \"throughline hook x\"\n}\n",
    "{\n  \"version\": 1,\n  \"hooks\": {\n    \"beforeReadFile\": [{\"command\": \"a, b\"}],\n    \"pre_run_command\": [ ]\n  }\n  // end\n}",
    "{ \"hooks\" : { \"BeforeTool\" : [ { \"hooks\" : [ ] } ] } , \"q\" : \"]}\" }",
];

#[test]
fn all_other_entries_stay_and_what_was_there_comes_back_to_the_byte() {
    for client in JSON {
        for before in FILES {
            let after = install(*client, PROGRAM, Some(before)).unwrap();
            assert_eq!(
                install(*client, PROGRAM, Some(&after)).unwrap(),
                after,
                "twice is once: {after}"
            );
            let back = uninstall(*client, PROGRAM, &after, Some(before)).unwrap();
            assert_eq!(back.as_deref(), Some(*before), "{after}");
            // Nothing is gone, and what was first is first.
            let old = value(before);
            let mut new = value(&after);
            for (event, _) in events(*client) {
                let kept = old["hooks"].get(*event).cloned();
                let list = new["hooks"][*event].as_array().unwrap();
                assert_eq!(
                    list.len(),
                    kept.as_ref().map_or(0, |kept| kept.as_array().unwrap().len()) + 1
                );
                if let Some(kept) = kept {
                    assert_eq!(&list[..list.len() - 1], kept.as_array().unwrap().as_slice());
                }
                new["hooks"].as_object_mut().unwrap().remove(*event);
            }
            for comment in ["// mine", "// behind", "// keep", "/* other */", "// end"] {
                assert_eq!(after.contains(comment), before.contains(comment), "{after}");
            }
        }
    }
}

#[test]
fn without_a_backup_only_empty_lists_may_be_gone() {
    for client in JSON {
        for before in FILES {
            let after = install(*client, PROGRAM, Some(before)).unwrap();
            let back =
                uninstall(*client, PROGRAM, &after, Some("{\"other\": 1}")).unwrap().unwrap();
            assert!(!back.contains("/opt/bin/"), "{back}");
            let (mut old, mut new) = (value(before), value(&back));
            for value in [&mut old, &mut new] {
                value.as_object_mut().unwrap().remove("version");
                if let Some(hooks) = value.get_mut("hooks").and_then(Value::as_object_mut) {
                    hooks.retain(|_, list| list.as_array().is_none_or(|list| !list.is_empty()));
                    if hooks.is_empty() {
                        value.as_object_mut().unwrap().remove("hooks");
                    }
                }
            }
            assert_eq!(new, old, "{before:?} {back:?}");
        }
    }
}

#[test]
fn a_file_that_somebody_changed_since_keeps_the_change() {
    let before = "{\n  \"a\": 1\n}\n";
    let after = install(Client::ClaudeCode, PROGRAM, Some(before)).unwrap();
    let changed = after.replace("\"a\": 1", "\"a\": 2");
    let back = uninstall(Client::ClaudeCode, PROGRAM, &changed, Some(before)).unwrap();
    assert_eq!(back.as_deref(), Some("{\n  \"a\": 2\n}\n"));
    // Another command in the same group is not ours to take away.
    let text = r#"{"hooks": {"PreToolUse": [{"hooks": [{"command": "/x/throughline hook claude-code"}, {"command": "mine"}]}]}}"#;
    assert_eq!(uninstall(Client::ClaudeCode, PROGRAM, text, None).unwrap().as_deref(), Some(text));
}

#[test]
fn a_newer_program_takes_the_place_of_an_older_one() {
    let old =
        install(Client::Cursor, "/old/throughline", Some("{\n  \"version\": 1\n}\n")).unwrap();
    let new = install(Client::Cursor, "/new dir/throughline", Some(&old)).unwrap();
    assert!(
        !new.contains("/old/") && new.contains(r#"\"/new dir/throughline\" hook cursor"#),
        "{new}"
    );
    assert_eq!(
        new,
        install(Client::Cursor, "/new dir/throughline", Some("{\n  \"version\": 1\n}\n")).unwrap()
    );
}

#[test]
fn what_the_client_does_not_expect_is_left_alone() {
    for text in ["[]", "{", "{\"hooks\": []}", "{\"hooks\": {\"PreToolUse\": {}}}", "1"] {
        assert!(install(Client::ClaudeCode, PROGRAM, Some(text)).is_err(), "{text}");
    }
}

#[test]
fn the_files_of_cline_are_two_lines_and_recognised() {
    let script = script("/new dir/throughline", "PreToolUse");
    assert_eq!(script, "#!/bin/sh\nexec \"/new dir/throughline\" hook cline PreToolUse\n");
    assert!(is_own_script(PROGRAM, &script));
    assert!(
        !is_own_script(PROGRAM, "#!/bin/sh\nexec mine\n")
            && !is_own_script(PROGRAM, &format!("{script}echo\n"))
    );
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("null".to_owned()),
        Just("\"a,]}// b\"".to_owned()),
        Just("[ ]".to_owned()),
        Just("{}".to_owned()),
    ];
    let blank = prop_oneof![
        Just(String::new()),
        Just(" ".to_owned()),
        Just("\n  ".to_owned()),
        Just("\r\n\t".to_owned()),
        Just(" // c, }\n".to_owned()),
        Just("/* c ] */".to_owned()),
    ];
    let hooks = proptest::collection::vec(
        (
            prop_oneof![Just("PreToolUse"), Just("beforeReadFile"), Just("Stop")],
            blank.clone(),
            0..3_usize,
        ),
        0..3,
    )
    .prop_map(|lists| {
        let mut seen = Vec::new();
        let mut out = Vec::new();
        for (event, blank, count) in lists {
            if !seen.contains(&event) {
                seen.push(event);
                let items = vec![format!("{blank}{{\"command\":\"mine\"}}{blank}"); count];
                out.push(format!("{blank}\"{event}\":{blank}[{}{blank}]{blank}", items.join(",")));
            }
        }
        format!("{{{}}}", out.join(","))
    });
    let member = (prop_oneof![Just("a"), Just("b"), Just("version")], leaf, blank.clone());
    (proptest::collection::vec(member, 0..4), proptest::option::of(hooks), blank, any::<bool>())
        .prop_map(|(members, hooks, end, comma)| {
            let mut seen = Vec::new();
            let mut parts = Vec::new();
            for (key, value, blank) in members {
                if !seen.contains(&key) {
                    seen.push(key);
                    parts.push(format!("{blank}\"{key}\"{blank}:{blank}{value}{blank}"));
                }
            }
            parts.extend(hooks.map(|hooks| format!("\"hooks\": {hooks}")));
            let comma = if comma && !parts.is_empty() { "," } else { "" };
            format!("{{{}{comma}{end}}}{end}", parts.join(","))
        })
}

proptest! {
    /// Whatever file there was, it is there again, to the byte.
    #[test]
    fn installed_and_taken_out_is_what_was_before(client in 0..JSON.len(), before in json_text()) {
        let after = install(JSON[client], PROGRAM, Some(&before)).unwrap();
        prop_assert_eq!(&install(JSON[client], PROGRAM, Some(&after)).unwrap(), &after);
        let back = uninstall(JSON[client], PROGRAM, &after, Some(&before)).unwrap();
        prop_assert_eq!(back.as_deref(), Some(before.as_str()));
    }

    #[test]
    fn any_text_is_refused_or_changed(text in r#"[\[\]{}:,"a-c /*\n]{0,60}"#) {
        for client in JSON {
            drop(install(*client, PROGRAM, Some(&text)));
            drop(uninstall(*client, PROGRAM, &text, None));
        }
    }
}

#[test]
fn a_program_of_another_name_knows_its_own_hooks() {
    let program = "/opt/bin/tl guard";
    for client in JSON {
        let once = install(*client, program, Some("{}\n")).unwrap();
        assert!(is_there(*client, program, &once) && !is_there(*client, PROGRAM, &once));
        assert_eq!(install(*client, program, Some(&once)).unwrap(), once);
        assert_eq!(uninstall(*client, program, &once, Some("{}\n")).unwrap().unwrap(), "{}\n");
        assert_eq!(uninstall(*client, PROGRAM, &once, None).unwrap().unwrap(), once);
    }
    let script = script(program, "PreToolUse");
    assert!(is_own_script(program, &script) && !is_own_script(PROGRAM, &script));
}
