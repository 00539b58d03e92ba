//! Documents as clients write them, and the answers to them, with the members of each map by name.

use proptest::prelude::*;
use tl_core::finding::RuleId;
use tl_core::verdict::Reason;

use super::*;
use crate::lock::jcs::canonical;

/// A document, what it does, and the answers: neutral, ask, deny. `R` stands for the reason, `F` for
/// the reason with the way to approve it; an answer of Windsurf is its standard error and exit code.
struct Golden {
    client: Client,
    event: Option<&'static str>,
    stdin: &'static str,
    does: &'static str,
    answers: [&'static str; 3],
}

fn verdict(effect: Effect) -> Verdict {
    let mut verdict = Verdict::default();
    if effect > Effect::Neutral {
        let rule = Some(RuleId::new("GA003"));
        verdict.add(Reason {
            effect,
            policy: "rule:GA003".to_owned(),
            rule,
            text: "No.".to_owned(),
        });
    }
    verdict
}

fn shown(answer: &Answer) -> String {
    // How serde_json orders members depends on what it is built with.
    let json = serde_json::from_str(&answer.stdout).map(|value| canonical(&value));
    let stdout = json.unwrap_or_else(|_| answer.stdout.clone());
    let reason = "Throughline: No. [GA003]";
    let text = match answer.code {
        0 => stdout,
        code => format!("{}exit {code}{stdout}", answer.stderr),
    };
    text.replace(&format!("{reason}{APPROVE}"), "F").replace(reason, "R").trim_end().to_owned()
}

const PRE: [&str; 3] = [
    "{}",
    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"ask","permissionDecisionReason":"R"}}"#,
    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"R"}}"#,
];
const BLOCK: [&str; 3] =
    ["{}", r#"{"decision":"block","reason":"F"}"#, r#"{"decision":"block","reason":"R"}"#];
const CODEX: [&str; 3] = [
    "{}",
    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"F"}}"#,
    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"R"}}"#,
];
const CURSOR: [&str; 3] = [
    "{}",
    r#"{"agent_message":"R","permission":"ask","user_message":"R"}"#,
    r#"{"agent_message":"R","permission":"deny","user_message":"R"}"#,
];
const CURSOR_DENY: [&str; 3] = [
    "{}",
    r#"{"agent_message":"F","permission":"deny","user_message":"F"}"#,
    r#"{"agent_message":"R","permission":"deny","user_message":"R"}"#,
];
const GEMINI: [&str; 3] =
    ["{}", r#"{"decision":"deny","reason":"F"}"#, r#"{"decision":"deny","reason":"R"}"#];
const COPILOT: [&str; 3] = [
    "{}",
    r#"{"permissionDecision":"ask","permissionDecisionReason":"R"}"#,
    r#"{"permissionDecision":"deny","permissionDecisionReason":"R"}"#,
];
const WINDSURF: [&str; 3] = ["", "F\nexit 2", "R\nexit 2"];
const CLINE: [&str; 3] = [
    r#"{"cancel":false}"#,
    r#"{"cancel":true,"errorMessage":"F"}"#,
    r#"{"cancel":true,"errorMessage":"R"}"#,
];
const NOTHING: [&str; 3] = ["{}", "{}", "{}"];

const fn golden(
    client: Client,
    stdin: &'static str,
    does: &'static str,
    answers: [&'static str; 3],
) -> Golden {
    Golden { client, event: None, stdin, does, answers }
}

const CLAUDE: &[Golden] = &[
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","transcript_path":"/t","cwd":"/w","permission_mode":"default","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls","description":"list"},"tool_use_id":"u1"}"#,
        r#"before-action s u1 [{"command":"ls","cwd":"","do":"run"}]"#,
        PRE,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"Edit","tool_input":{"file_path":"/w/a","old_string":"x","new_string":"y"}}"#,
        r#"before-action s - [{"added":"y","do":"write","path":"/w/a"}]"#,
        PRE,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"MultiEdit","tool_input":{"file_path":"/w/a","edits":[{"old_string":"x","new_string":"y"},{"old_string":"","new_string":"z"}]}}"#,
        r#"before-action s - [{"added":"y\nz\n","do":"write","path":"/w/a"}]"#,
        PRE,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"mcp__my__srv__get","tool_input":{"a":1},"mcp_server":{"name":"my__srv","source":"user"}}"#,
        r#"before-action s - [{"arguments":{"a":1},"do":"call-tool","launch":"","server":"my__srv","tool":"get"}]"#,
        PRE,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"Grep","tool_input":{"pattern":"x","path":"src"}}"#,
        r#"before-action s - [{"do":"read","path":"src"}]"#,
        PRE,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"NewTool","tool_input":{"command":"ls"}}"#,
        r#"before-action s - [{"command":"ls","cwd":"","do":"run"}]"#,
        PRE,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"WebFetch","tool_input":{"url":"https://a.example/"},"tool_response":{"result":"text"},"tool_use_id":"u2"}"#,
        r#"after-action s u2 [{"do":"fetch","url":"https://a.example/"}] text"#,
        BLOCK,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"UserPromptSubmit","prompt":"go on"}"#,
        r#"prompt s - [{"do":"prompt","text":"go on"}]"#,
        BLOCK,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"SessionStart","source":"startup"}"#,
        "session-start s - []",
        NOTHING,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"InstructionsLoaded","file_path":"/w/CLAUDE.md"}"#,
        "instructions-loaded s - []",
        NOTHING,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"ConfigChange","source":"project_settings"}"#,
        "other s - []",
        NOTHING,
    ),
    golden(
        Client::ClaudeCode,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"ls"}}"#,
        r#"permission s - [{"command":"ls","cwd":"","do":"run"}]"#,
        NOTHING,
    ),
];

const CODEX_CASES: &[Golden] = &[
    golden(
        Client::Codex,
        r#"{"session_id":"s","transcript_path":null,"cwd":"/w","hook_event_name":"PreToolUse","model":"m","permission_mode":"default","turn_id":"t","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"u"}"#,
        r#"before-action s u [{"command":"ls","cwd":"","do":"run"}]"#,
        CODEX,
    ),
    golden(
        Client::Codex,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"shell","tool_input":{"command":["bash","-lc","rm 'a b'"],"workdir":"/x"}}"#,
        r#"before-action s - [{"command":"bash -lc 'rm '\\''a b'\\'''","cwd":"/x","do":"run"}]"#,
        CODEX,
    ),
    golden(
        Client::Codex,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"apply_patch","tool_input":{"command":"*** Begin Patch\n*** Add File: a\n+one\n*** Update File: b\n*** Move to: c\n@@\n-x\n+y\n*** Delete File: d\n*** End Patch"}}"#,
        r#"before-action s - [{"added":"one\n","do":"write","path":"a"},{"added":"","do":"write","path":"b"},{"added":"y\n","do":"write","path":"c"},{"do":"delete","path":"d"}]"#,
        CODEX,
    ),
    golden(
        Client::Codex,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"mcp__docs__search","tool_input":{},"tool_response":"text"}"#,
        r#"after-action s - [{"arguments":{},"do":"call-tool","launch":"","server":"docs","tool":"search"}] text"#,
        BLOCK,
    ),
    golden(
        Client::Codex,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"UserPromptSubmit","prompt":"x"}"#,
        r#"prompt s - [{"do":"prompt","text":"x"}]"#,
        BLOCK,
    ),
    golden(
        Client::Codex,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"SessionStart"}"#,
        "session-start s - []",
        NOTHING,
    ),
];

const CURSOR_CASES: &[Golden] = &[
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","generation_id":"g","hook_event_name":"beforeShellExecution","workspace_roots":["/w"],"command":"ls","cwd":"/w/a"}"#,
        r#"before-action s g [{"command":"ls","cwd":"/w/a","do":"run"}]"#,
        CURSOR,
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","generation_id":"g","hook_event_name":"beforeMCPExecution","workspace_roots":["/w"],"tool_name":"get","tool_input":"{\"a\":1}","command":"npx srv"}"#,
        r#"before-action s g [{"arguments":{"a":1},"do":"call-tool","launch":"npx srv","server":"","tool":"get"}]"#,
        CURSOR,
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","hook_event_name":"beforeMCPExecution","workspace_roots":["/w"],"tool_name":"MCP:docs:get","tool_input":{"a":1},"url":"https://a.example/mcp","tool_use_id":"u"}"#,
        r#"before-action s u [{"arguments":{"a":1},"do":"call-tool","launch":"https://a.example/mcp","server":"docs","tool":"get"}]"#,
        CURSOR,
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","hook_event_name":"beforeReadFile","workspace_roots":["/w"],"file_path":"/w/a","content":"x"}"#,
        r#"before-action s - [{"do":"read","path":"/w/a"}]"#,
        CURSOR_DENY,
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","hook_event_name":"preToolUse","workspace_roots":["/w"],"tool_name":"Write","tool_input":{"file_path":"a","content":"x"},"tool_use_id":"u"}"#,
        r#"before-action s u [{"added":"x","do":"write","path":"a"}]"#,
        CURSOR_DENY,
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","hook_event_name":"beforeSubmitPrompt","workspace_roots":["/w"],"prompt":"x","attachments":[]}"#,
        r#"prompt s - [{"do":"prompt","text":"x"}]"#,
        [
            "{}",
            r#"{"continue":false,"user_message":"F"}"#,
            r#"{"continue":false,"user_message":"R"}"#,
        ],
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","hook_event_name":"afterMCPExecution","workspace_roots":["/w"],"tool_name":"get","tool_input":"{}","result_json":"{\"content\":[{\"text\":\"text\"}]}"}"#,
        r#"after-action s - [{"arguments":{},"do":"call-tool","launch":"","server":"","tool":"get"}] text"#,
        NOTHING,
    ),
    golden(
        Client::Cursor,
        r#"{"conversation_id":"s","hook_event_name":"afterFileEdit","workspace_roots":["/w"],"file_path":"/w/a","edits":[{"old_string":"x","new_string":"y"}]}"#,
        r#"after-action s - [{"added":"y\n","do":"write","path":"/w/a"}]"#,
        NOTHING,
    ),
];

const GEMINI_CASES: &[Golden] = &[
    golden(
        Client::Gemini,
        r#"{"session_id":"s","transcript_path":"/t","cwd":"/w","hook_event_name":"BeforeTool","timestamp":"2026-11-21T10:00:00Z","tool_name":"run_shell_command","tool_input":{"command":"ls","dir_path":"a"}}"#,
        r#"before-action s - [{"command":"ls","cwd":"a","do":"run"}]"#,
        GEMINI,
    ),
    golden(
        Client::Gemini,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"BeforeTool","tool_name":"web_fetch","tool_input":{"prompt":"compare https://a.example/x and (http://b.example)"}}"#,
        r#"before-action s - [{"do":"fetch","url":"https://a.example/x"},{"do":"fetch","url":"http://b.example"}]"#,
        GEMINI,
    ),
    golden(
        Client::Gemini,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"BeforeTool","tool_name":"read_many_files","tool_input":{"paths":["a","b"]}}"#,
        r#"before-action s - [{"do":"read","path":"a"},{"do":"read","path":"b"}]"#,
        GEMINI,
    ),
    golden(
        Client::Gemini,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"BeforeTool","tool_name":"mcp_docs_get","tool_input":{},"mcp_context":{"server_name":"docs","tool_name":"get","command":"npx","args":["docs","--token","hunter2"]}}"#,
        r#"before-action s - [{"arguments":{},"do":"call-tool","launch":"npx docs --token ${token}","server":"docs","tool":"get"}]"#,
        GEMINI,
    ),
    golden(
        Client::Gemini,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"AfterTool","tool_name":"google_web_search","tool_input":{"query":"x"},"tool_response":{"llmContent":"text"}}"#,
        r#"after-action s - [{"do":"search","query":"x"}] text"#,
        GEMINI,
    ),
    golden(
        Client::Gemini,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"BeforeAgent","prompt":"x"}"#,
        r#"prompt s - [{"do":"prompt","text":"x"}]"#,
        GEMINI,
    ),
    golden(
        Client::Gemini,
        r#"{"session_id":"s","cwd":"/w","hook_event_name":"SessionStart"}"#,
        "session-start s - []",
        NOTHING,
    ),
];

const COPILOT_CASES: &[Golden] = &[
    golden(
        Client::CopilotCli,
        r#"{"timestamp":1,"cwd":"/w","toolName":"bash","toolArgs":"{\"command\":\"ls\"}"}"#,
        r#"before-action  - [{"command":"ls","cwd":"","do":"run"}]"#,
        COPILOT,
    ),
    golden(
        Client::CopilotCli,
        r#"{"sessionId":"s","timestamp":1,"cwd":"/w","toolName":"edit","toolArgs":{"path":"a","new_str":"y"}}"#,
        r#"before-action s - [{"added":"y","do":"write","path":"a"}]"#,
        COPILOT,
    ),
    golden(
        Client::CopilotCli,
        r#"{"sessionId":"s","timestamp":1,"cwd":"/w","toolName":"github-create_issue","toolArgs":{"title":"x"}}"#,
        r#"before-action s - [{"arguments":{"title":"x"},"do":"call-tool","launch":"","server":"","tool":"github-create_issue"}]"#,
        COPILOT,
    ),
    golden(
        Client::CopilotCli,
        r#"{"hook_event_name":"PreToolUse","session_id":"s","cwd":"/w","tool_name":"run_in_terminal","tool_input":{"command":"ls"}}"#,
        r#"before-action s - [{"command":"ls","cwd":"","do":"run"}]"#,
        PRE,
    ),
    golden(
        Client::CopilotCli,
        r#"{"sessionId":"s","timestamp":1,"cwd":"/w","toolName":"view","toolArgs":{"path":"a"},"toolResult":{"resultType":"success","textResultForLlm":"text"}}"#,
        "after-action s - [{\"do\":\"read\",\"path\":\"a\"}] success\ntext",
        NOTHING,
    ),
    golden(
        Client::CopilotCli,
        r#"{"sessionId":"s","timestamp":1,"cwd":"/w","prompt":"x"}"#,
        r#"permission s - [{"do":"prompt","text":"x"}]"#,
        NOTHING,
    ),
];

const WINDSURF_CASES: &[Golden] = &[
    golden(
        Client::Windsurf,
        r#"{"agent_action_name":"pre_run_command","trajectory_id":"s","execution_id":"e","timestamp":"2026-11-21T10:00:00Z","tool_info":{"command_line":"ls","cwd":"/w"}}"#,
        r#"before-action s e [{"command":"ls","cwd":"/w","do":"run"}]"#,
        WINDSURF,
    ),
    golden(
        Client::Windsurf,
        r#"{"agent_action_name":"pre_read_code","trajectory_id":"s","tool_info":{"file_path":"/w/a"}}"#,
        r#"before-action s - [{"do":"read","path":"/w/a"}]"#,
        WINDSURF,
    ),
    golden(
        Client::Windsurf,
        r#"{"agent_action_name":"pre_write_code","trajectory_id":"s","tool_info":{"file_path":"/w/a","edits":[{"old_string":"x","new_string":"y"}]}}"#,
        r#"before-action s - [{"added":"y\n","do":"write","path":"/w/a"}]"#,
        WINDSURF,
    ),
    golden(
        Client::Windsurf,
        r#"{"agent_action_name":"pre_mcp_tool_use","trajectory_id":"s","tool_info":{"mcp_server_name":"docs","mcp_tool_name":"get","mcp_tool_arguments":{"a":1}}}"#,
        r#"before-action s - [{"arguments":{"a":1},"do":"call-tool","launch":"","server":"docs","tool":"get"}]"#,
        WINDSURF,
    ),
    golden(
        Client::Windsurf,
        r#"{"agent_action_name":"pre_user_prompt","trajectory_id":"s","tool_info":{"user_prompt":"x"}}"#,
        r#"prompt s - [{"do":"prompt","text":"x"}]"#,
        WINDSURF,
    ),
    golden(
        Client::Windsurf,
        r#"{"agent_action_name":"post_mcp_tool_use","trajectory_id":"s","tool_info":{"mcp_server_name":"docs","mcp_tool_name":"get","mcp_tool_arguments":{},"mcp_result":"text"}}"#,
        r#"after-action s - [{"arguments":{},"do":"call-tool","launch":"","server":"docs","tool":"get"}] text"#,
        ["", "", ""],
    ),
];

const CLINE_CASES: &[Golden] = &[
    golden(
        Client::Cline,
        r#"{"clineVersion":"3","hookName":"PreToolUse","timestamp":"1","taskId":"s","workspaceRoots":["/w"],"userId":"u","preToolUse":{"toolName":"execute_command","parameters":{"command":"ls"}}}"#,
        r#"before-action s - [{"command":"ls","cwd":"","do":"run"}]"#,
        CLINE,
    ),
    golden(
        Client::Cline,
        r#"{"hookName":"PreToolUse","taskId":"s","workspaceRoots":["/w"],"preToolUse":{"toolName":"use_mcp_tool","parameters":{"server_name":"docs","tool_name":"get","arguments":"{\"a\":1}"}}}"#,
        r#"before-action s - [{"arguments":{"a":1},"do":"call-tool","launch":"","server":"docs","tool":"get"}]"#,
        CLINE,
    ),
    golden(
        Client::Cline,
        r#"{"hookName":"PreToolUse","taskId":"s","workspaceRoots":["/w"],"preToolUse":{"toolName":"replace_in_file","parameters":{"path":"a","diff":"y"}}}"#,
        r#"before-action s - [{"added":"y","do":"write","path":"a"}]"#,
        CLINE,
    ),
    golden(
        Client::Cline,
        r#"{"hookName":"PostToolUse","taskId":"s","workspaceRoots":["/w"],"postToolUse":{"toolName":"web_fetch","parameters":{"url":"https://a.example"},"result":"text","success":true}}"#,
        r#"after-action s - [{"do":"fetch","url":"https://a.example"}] text"#,
        CLINE,
    ),
    golden(
        Client::Cline,
        r#"{"hookName":"UserPromptSubmit","taskId":"s","workspaceRoots":["/w"],"userPromptSubmit":{"prompt":"x","attachments":[]}}"#,
        r#"prompt s - [{"do":"prompt","text":"x"}]"#,
        CLINE,
    ),
    golden(
        Client::Cline,
        r#"{"hookName":"TaskStart","taskId":"s","workspaceRoots":["/w"]}"#,
        "session-start s - []",
        [CLINE[0], CLINE[0], CLINE[0]],
    ),
];

fn all() -> impl Iterator<Item = &'static Golden> {
    [CLAUDE, CODEX_CASES, CURSOR_CASES, GEMINI_CASES, COPILOT_CASES, WINDSURF_CASES, CLINE_CASES]
        .into_iter()
        .flatten()
}

#[test]
fn what_a_client_writes_is_understood() {
    for case in all() {
        let event = parse(case.client, case.event, case.stdin.as_bytes()).unwrap();
        let moment = serde_json::to_value(event.moment).unwrap();
        let actions = canonical(&serde_json::to_value(&event.actions).unwrap());
        let call = event.call.as_deref().unwrap_or("-");
        let result = event.result.as_deref().unwrap_or("").trim_end();
        let does =
            format!("{} {} {call} {actions} {result}", moment.as_str().unwrap(), event.session);
        assert_eq!(does.trim_end(), case.does, "{}", case.stdin);
        assert!(event.client != Client::Cursor || event.cwd.starts_with("/w"), "{}", case.stdin);
    }
}

#[test]
fn each_verdict_is_answered_in_the_form_of_the_client() {
    for case in all() {
        let event = parse(case.client, case.event, case.stdin.as_bytes()).unwrap();
        for (effect, expected) in
            [Effect::Neutral, Effect::Ask, Effect::Deny].into_iter().zip(case.answers)
        {
            let answer = answer(&event, &verdict(effect), Effect::Deny);
            assert_eq!(shown(&answer), expected, "{effect:?} {}", case.stdin);
        }
        assert_eq!(answer(&event, &Verdict::default(), Effect::Deny), neutral(case.client));
    }
}

#[test]
fn nothing_is_ever_allowed() {
    for case in all() {
        let event = parse(case.client, case.event, case.stdin.as_bytes()).unwrap();
        for effect in [Effect::Neutral, Effect::Note, Effect::Ask, Effect::Deny] {
            for fallback in [Effect::Neutral, Effect::Deny] {
                let answer = answer(&event, &verdict(effect), fallback);
                assert!(!answer.stdout.contains("allow\""), "{}", answer.stdout);
                assert!(
                    answer.stdout.is_empty()
                        || serde_json::from_str::<Value>(&answer.stdout).is_ok()
                );
            }
        }
    }
}

#[test]
fn a_question_that_nobody_hears_can_be_left_out() {
    let case = &CODEX_CASES[0];
    let event = parse(case.client, None, case.stdin.as_bytes()).unwrap();
    assert_eq!(answer(&event, &verdict(Effect::Ask), Effect::Neutral), neutral(Client::Codex));
    assert_ne!(answer(&event, &verdict(Effect::Deny), Effect::Neutral), neutral(Client::Codex));
}

#[test]
fn a_note_after_an_action_is_a_warning_where_the_agent_reads_one() {
    for (case, expected) in [
        (
            &CLAUDE[6],
            r#"{"hookSpecificOutput":{"additionalContext":"R","hookEventName":"PostToolUse"}}"#,
        ),
        (
            &GEMINI_CASES[4],
            r#"{"hookSpecificOutput":{"additionalContext":"R","hookEventName":"AfterTool"}}"#,
        ),
        (&CODEX_CASES[3], "{}"),
        (&CURSOR_CASES[6], "{}"),
        (&CLAUDE[0], "{}"),
    ] {
        let event = parse(case.client, None, case.stdin.as_bytes()).unwrap();
        assert_eq!(shown(&answer(&event, &verdict(Effect::Note), Effect::Deny)), expected);
    }
}

#[test]
fn what_cannot_be_understood_is_an_error() {
    for (client, stdin) in [
        (Client::ClaudeCode, ""),
        (Client::ClaudeCode, "{"),
        (Client::ClaudeCode, "[]"),
        (Client::ClaudeCode, "{}"),
        (Client::ClaudeCode, r#"{"hook_event_name":"PreToolUse"}"#),
        (Client::ClaudeCode, r#"{"hook_event_name":"PreSomething"}"#),
        (
            Client::ClaudeCode,
            r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls","command":"rm"}}"#,
        ),
        (Client::Cursor, r#"{"hook_event_name":"beforeShellExecution"}"#),
        (Client::Cursor, r#"{"hook_event_name":"beforeNewThing"}"#),
        (Client::Gemini, r#"{"hook_event_name":"BeforeTool"}"#),
        (Client::Windsurf, r#"{"agent_action_name":"pre_run_command","tool_info":{}}"#),
        (Client::Windsurf, r#"{"agent_action_name":"pre_new"}"#),
        (Client::Cline, r#"{"hookName":"PreToolUse"}"#),
        (Client::CopilotCli, r#"{"cwd":"/w"}"#),
    ] {
        assert!(parse(client, None, stdin.as_bytes()).is_err(), "{stdin}");
    }
    assert!(matches!(
        parse(Client::Codex, None, &vec![b' '; LARGEST + 1]),
        Err(HookError::TooLarge)
    ));
    assert!(matches!(parse(Client::Codex, None, b"\xff{}"), Err(HookError::NotText)));
}

#[test]
fn an_event_of_another_time_is_let_be() {
    for (client, stdin) in [
        (Client::ClaudeCode, r#"{"hook_event_name":"SomethingNew"}"#),
        (Client::ClaudeCode, r#"{"hook_event_name":"PreCompact"}"#),
        (Client::Gemini, r#"{"hook_event_name":"BeforeModel"}"#),
        (Client::Cursor, r#"{"hook_event_name":"stop"}"#),
    ] {
        let event = parse(client, None, stdin.as_bytes()).unwrap();
        assert_eq!(answer(&event, &verdict(Effect::Deny), Effect::Deny), neutral(client));
    }
}

#[test]
fn what_cannot_be_decided_is_objected_to_in_the_form_of_the_event() {
    let say = |client, event, on_error| broken(client, event, "x", on_error);
    let asked = say(Client::ClaudeCode, Some("PreToolUse"), Effect::Ask);
    assert!(asked.stdout.contains(r#""permissionDecision":"ask""#), "{}", asked.stdout);
    let prompt = say(Client::ClaudeCode, Some("UserPromptSubmit"), Effect::Ask);
    assert!(prompt.stdout.contains(r#""decision":"block""#));
    assert_eq!(
        say(Client::ClaudeCode, Some("SessionStart"), Effect::Ask),
        neutral(Client::ClaudeCode)
    );
    assert!(
        say(Client::Codex, Some("PreToolUse"), Effect::Ask)
            .stdout
            .contains(r#""permissionDecision":"deny""#)
    );
    assert!(
        say(Client::Cursor, Some("beforeShellExecution"), Effect::Ask)
            .stdout
            .contains(r#""permission":"ask""#)
    );
    assert!(
        say(Client::Gemini, Some("BeforeTool"), Effect::Deny)
            .stdout
            .contains(r#""decision":"deny""#)
    );
    assert!(
        say(Client::CopilotCli, Some("preToolUse"), Effect::Ask)
            .stdout
            .starts_with(r#"{"permissionDecision":"ask""#)
    );
    assert!(
        say(Client::CopilotCli, Some("PreToolUse"), Effect::Ask)
            .stdout
            .contains("hookSpecificOutput")
    );
    assert_eq!(say(Client::Windsurf, Some("pre_read_code"), Effect::Ask).code, 2);
    assert!(
        say(Client::Cline, Some("PreToolUse"), Effect::Ask).stdout.contains(r#""cancel":true"#)
    );
    // The event is not known: what stops in any of them.
    for (_, client) in CLIENTS {
        for event in [None, Some("PreSomething")] {
            let answer = say(*client, event, Effect::Ask);
            assert!(
                answer.code == 2
                    || answer.stdout.contains("deny")
                    || answer.stdout.contains("true"),
                "{client:?}"
            );
            assert_eq!(say(*client, event, Effect::Neutral), neutral(*client));
        }
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_understood() {
    for (client, seed) in [
        (Client::ClaudeCode, include_str!("../../../../fuzz/seeds/guard_hook/claude")),
        (Client::CopilotCli, include_str!("../../../../fuzz/seeds/guard_hook/copilot")),
        (Client::Windsurf, include_str!("../../../../fuzz/seeds/guard_hook/windsurf")),
        (Client::Cline, include_str!("../../../../fuzz/seeds/guard_hook/cline")),
    ] {
        assert_eq!(parse(client, None, seed.as_bytes()).unwrap().moment, Moment::BeforeAction);
    }
}

proptest! {
    /// Whatever a client writes, reading it ends, and what is understood can be answered.
    #[test]
    fn any_document_is_answered(
        client in 0..CLIENTS.len(),
        name in "(PreToolUse|beforeShellExecution|BeforeTool|preToolUse|pre_run_command|UserPromptSubmit|[a-z]{3})",
        tool in "(Bash|Edit|apply_patch|mcp__a__b|x)",
        value in "(null|1|\\{\\}|\\[\\]|\"a\"|\\{\"command\":1\\}|\\{\"path\":[1,\"a\"]\\}|\"\\{\")",
        key in "(tool_input|toolArgs|preToolUse|tool_info|tool_response)",
    ) {
        let text = format!(
            r#"{{"hook_event_name":"{name}","hookName":"{name}","agent_action_name":"{name}","tool_name":"{tool}","toolName":"{tool}","{key}":{value}}}"#
        );
        if let Ok(event) = parse(CLIENTS[client].1, None, text.as_bytes()) {
            let answer = answer(&event, &verdict(Effect::Deny), Effect::Deny);
            prop_assert!(answer.code == 0 || answer.code == 2);
        }
    }
}

#[test]
fn a_call_without_what_decides_it_is_no_silence() {
    let documents: &[(Client, &str)] = &[
        (Client::ClaudeCode, r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash"}"#),
        (
            Client::ClaudeCode,
            r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": 5}}"#,
        ),
        (
            Client::ClaudeCode,
            r#"{"hook_event_name": "PreToolUse", "tool_name": "Write", "tool_input": {"content": "x"}}"#,
        ),
        (
            Client::ClaudeCode,
            r#"{"hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": {"file_path": ["a"]}}"#,
        ),
        (
            Client::ClaudeCode,
            r#"{"hook_event_name": "PreToolUse", "tool_name": "WebFetch", "tool_input": {}}"#,
        ),
        (
            Client::ClaudeCode,
            r#"{"hook_event_name": "PreToolUse", "tool_name": "New", "tool_input": {"command": {"a": 1}}}"#,
        ),
        (
            Client::Codex,
            r#"{"hook_event_name": "PreToolUse", "tool_name": "shell", "tool_input": {"command": ["rm", 5]}}"#,
        ),
        (
            Client::Cursor,
            r#"{"hook_event_name": "preToolUse", "tool_name": "Shell", "tool_input": {}}"#,
        ),
        (
            Client::Gemini,
            r#"{"hook_event_name": "BeforeTool", "tool_name": "run_shell_command", "tool_input": null}"#,
        ),
        (Client::CopilotCli, r#"{"toolName": "bash", "toolArgs": "{}"}"#),
        (
            Client::Cline,
            r#"{"hookName": "PreToolUse", "preToolUse": {"toolName": "execute_command"}}"#,
        ),
    ];
    for (client, document) in documents {
        let parsed = parse(*client, None, document.as_bytes());
        assert!(matches!(parsed, Err(HookError::Missing(_))), "{document}: {parsed:?}");
    }
    for document in [
        r#"{"hook_event_name": "PreToolUse", "tool_name": "Grep", "tool_input": {"pattern": "x"}}"#,
        r#"{"hook_event_name": "PreToolUse", "tool_name": "TodoWrite", "tool_input": {"todos": []}}"#,
        r#"{"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {}}"#,
    ] {
        assert!(parse(Client::ClaudeCode, None, document.as_bytes()).is_ok(), "{document}");
    }
}

#[test]
fn how_to_allow_it_is_said_only_where_that_would_help() {
    let document = r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}}"#;
    let event = parse(Client::Codex, None, document.as_bytes()).unwrap();
    let said = |policy: &str, rule: Option<&'static str>| {
        let mut verdict = Verdict::default();
        verdict.add(Reason {
            effect: Effect::Ask,
            policy: policy.to_owned(),
            rule: rule.map(RuleId::new),
            text: "No.".to_owned(),
        });
        answer(&event, &verdict, Effect::Deny).stdout
    };
    assert!(said("rule:GA003", Some("GA003")).contains("guard allow RULE"));
    assert!(said("paths.ask_read[0]", None).contains("`[[exception]]`"));
    let internal = said(INTERNAL, None);
    assert!(
        !internal.contains("To allow it") && internal.contains("cannot be asked"),
        "{internal}"
    );
}
