use super::*;

fn parsed(args: &[&str]) -> Option<Call> {
    super::call(args.iter().map(OsString::from))
}

#[test]
fn the_client_the_event_and_nothing_else_are_taken() {
    let call = parsed(&["copilot", "preToolUse", "--unattended"]).unwrap();
    assert_eq!(
        (call.client, call.event.as_deref(), call.unattended),
        (Client::CopilotCli, Some("preToolUse"), true)
    );
    assert!(parsed(&["cursor"]).is_some_and(|call| call.event.is_none()));
    for args in [&[][..], &["vim"], &["cursor", "a", "b"], &["cursor", "--help"]] {
        assert!(parsed(args).is_none(), "{args:?}");
    }
}

#[test]
fn other_commands_are_not_answered() {
    let run = |args: &[&str]| run(args.iter().map(OsString::from));
    assert_eq!(run(&["throughline"]), None);
    assert_eq!(run(&["throughline", "guard"]), None);
}

#[test]
fn what_is_not_decided_is_answered_as_the_policy_says() {
    let objection = |on_error, unattended| {
        let call =
            Call { client: Client::ClaudeCode, event: Some("PreToolUse".to_owned()), unattended };
        objection(&call, &Undecided { why: "it hung".to_owned(), on_error }).stdout
    };
    assert!(objection(Effect::Deny, false).contains("it hung"));
    assert!(objection(Effect::Ask, false).contains("\"ask\""));
    assert!(objection(Effect::Ask, true).contains("\"deny\""));
    assert_eq!(objection(Effect::Neutral, true), "{}\n");
}

#[test]
fn where_nobody_is_a_question_is_a_refusal() {
    let question = || {
        let mut verdict = Verdict::default();
        let (policy, text) = (String::new(), String::new());
        verdict.add(Reason { effect: Effect::Ask, policy, rule: None, text });
        verdict
    };
    assert_eq!(asked(question(), true, Effect::Deny).effect, Effect::Deny);
    assert_eq!(asked(question(), true, Effect::Neutral).effect, Effect::Neutral);
    assert_eq!(asked(question(), false, Effect::Deny).effect, Effect::Ask);
}

#[test]
fn a_host_that_is_vouched_for_is_that_host_or_below_it() {
    for (pattern, host, expected) in [
        ("a.example", "a.example", true),
        ("a.example", "A.Example.", true),
        ("a.example", "b.a.example", false),
        ("*.a.example", "b.a.example", true),
        ("*.a.example", "a.example", false),
        ("*.a.example", "evila.example", false),
        ("*.a.example", "a.example.evil", false),
        ("a.example", "", false),
    ] {
        assert_eq!(is_host_of(pattern, host), expected, "{pattern} {host}");
    }
}
