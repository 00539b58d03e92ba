use super::*;

fn broken(client: Client, event: &str, decide: fn(&Call, &Sender<Step>)) -> Answer {
    let call = Call { client, event: Some(event.to_owned()), unattended: false };
    answered(&call, decide).unwrap_err().0
}

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
fn a_panic_is_an_objection() {
    let answer =
        broken(Client::ClaudeCode, "PreToolUse", |_, _| panic!("this panic is part of a test"));
    assert!(
        answer.stdout.contains("\"ask\"") && answer.stdout.contains("bug"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_decision_that_takes_too_long_is_an_objection() {
    let slow = |_: &Call, steps: &Sender<Step>| {
        steps.send(Step::Read).unwrap();
        steps.send(Step::OnError(Effect::Deny)).unwrap();
        thread::sleep(Duration::from_secs(5));
    };
    let answer = broken(Client::Gemini, "BeforeTool", slow);
    assert!(
        answer.stdout.contains("\"deny\"") && answer.stdout.contains("250 ms"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_document_that_does_not_end_is_an_objection() {
    let endless = |_: &Call, _: &Sender<Step>| thread::sleep(Duration::from_secs(10));
    let answer = broken(Client::Cursor, "beforeShellExecution", endless);
    assert!(
        answer.stdout.contains("\"ask\"") && answer.stdout.contains("2 s"),
        "{}",
        answer.stdout
    );
}

#[test]
fn what_the_policy_says_of_errors_holds_for_them() {
    for (on_error, expected) in [(Effect::Neutral, "{}\n"), (Effect::Deny, "\"deny\"")] {
        let (steps, told) = channel();
        steps.send(Step::OnError(on_error)).unwrap();
        steps.send(Step::Broken("x".to_owned())).unwrap();
        let mut heard = Effect::Ask;
        assert!(wait(&told, &mut heard).is_err());
        let answer = hook::broken(Client::ClaudeCode, Some("PreToolUse"), "x", heard);
        assert!(answer.stdout.contains(expected), "{}", answer.stdout);
    }
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
