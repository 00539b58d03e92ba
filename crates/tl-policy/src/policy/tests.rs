use proptest::prelude::*;
use tl_core::verdict::Verdict;

use super::*;
use crate::engine::Engine;
use crate::request::{Request, Verb};

fn file(text: &str) -> PolicyFile {
    PolicyFile::read(text).unwrap()
}

fn merged(managed: &str, user: &str, repository: &str) -> Policy {
    let given = |text: &str| (!text.is_empty()).then(|| file(text));
    Policy::merged(given(managed), given(user), given(repository), "~/app").0
}

#[test]
fn a_repository_can_raise_and_not_lower_what_holds() {
    let on_error = |managed, user, repository| merged(managed, user, repository).on_error();
    let (neutral, ask, deny) =
        ("on_error = \"neutral\"", "on_error = \"ask\"", "on_error = \"deny\"");
    assert_eq!(on_error("", "", ""), OnError::Ask);
    assert_eq!(on_error("", "", neutral), OnError::Ask);
    assert_eq!(on_error("", "", deny), OnError::Deny);
    assert_eq!(on_error("", neutral, ""), OnError::Neutral);
    assert_eq!(on_error("", neutral, ask), OnError::Ask);
    assert_eq!(on_error("", deny, ask), OnError::Deny);
    assert_eq!(on_error(deny, neutral, neutral), OnError::Deny);
    assert_eq!(on_error(neutral, ask, ""), OnError::Ask);
}

#[test]
fn a_mode_is_that_of_the_rule_before_that_of_its_family() {
    let policy = merged("", "[mode]\nGA = \"note\"\nGA001 = \"deny\"", "[mode]\nGA002 = \"off\"");
    assert_eq!(policy.mode("GA001", Effect::Ask), Effect::Deny);
    assert_eq!(policy.mode("GA002", Effect::Ask), Effect::Note);
    assert_eq!(policy.mode("GP001", Effect::Ask), Effect::Ask);
    let hostile = merged("", "", "[mode]\nGA001 = \"off\"\nGP = \"note\"");
    assert_eq!(hostile.mode("GA001", Effect::Deny), Effect::Deny);
    assert_eq!(hostile.mode("GP001", Effect::Ask), Effect::Ask);
    let stricter = merged("", "", "[mode]\nGA001 = \"deny\"");
    assert_eq!(stricter.mode("GA001", Effect::Ask), Effect::Deny);
}

#[test]
fn a_trusted_repository_may_loosen_what_nobody_said() {
    let trusting = "trust = [\"~/app\"]";
    let policy = merged("", trusting, "on_error = \"neutral\"\n[mode]\nGA001 = \"off\"");
    assert_eq!(policy.on_error(), OnError::Neutral);
    assert_eq!(policy.mode("GA001", Effect::Deny), Effect::Neutral);
    let itself = merged("", "", "trust = [\"~/app\", \"~/**\"]\non_error = \"neutral\"");
    assert_eq!(itself.on_error(), OnError::Ask);
}

#[test]
fn what_of_a_repository_does_not_count_is_told() {
    let hostile = file(
        "trust = [\"~/app\"]\non_error = \"neutral\"\nask_fallback = \"neutral\"\n\
         [mode]\nGA001 = \"off\"\nGA002 = \"deny\"\n",
    );
    let (_, warnings) = Policy::merged(None, None, Some(hostile), "~/app");
    let told: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
the repository's guard.toml: `trust` does not count: a repository cannot vouch for itself
the repository's guard.toml: `on_error = "neutral"` does not count: only a file of a repository that you `trust` can loosen
the repository's guard.toml: `ask_fallback = "neutral"` does not count: only a file of a repository that you `trust` can loosen
the repository's guard.toml: `mode.GA001 = "off"` does not count: only a file of a repository that you `trust` can loosen
"#);
}

const EXCEPTION: &str = "[[exception]]\npolicy = \"paths.deny_read\"\npath = \"./a\"\n\
                         owner = \"ana\"\nreason = \"r\"\nexpires = \"2027-01-31\"\n";

fn reads(policy: &Policy) -> Verdict {
    let engine = Engine::new(policy, &[]).unwrap();
    let below = Some("a".to_owned());
    // 2026-11-21
    engine.decide(&Request { below, today: 20_778, ..Request::new(Verb::Read, "~/app/a") })
}

#[test]
fn an_exception_lifts_what_stands_in_a_file_with_no_more_say() {
    let deny = "[paths]\ndeny_read = [\"./a\"]\n";
    let effect = |managed: &str, user: &str, repository: &str| {
        reads(&merged(managed, user, repository)).effect
    };
    let both = format!("{deny}{EXCEPTION}");
    assert_eq!(effect("", deny, ""), Effect::Deny);
    assert_eq!(effect("", &both, ""), Effect::Neutral);
    assert_eq!(effect("", EXCEPTION, deny), Effect::Neutral, "a person over a repository");
    assert_eq!(effect("", "", &both), Effect::Neutral, "a repository over itself");
    assert_eq!(effect("", deny, EXCEPTION), Effect::Deny, "a repository over a person");
    assert_eq!(effect(deny, EXCEPTION, EXCEPTION), Effect::Deny, "anybody over the administrator");
    let trusting = format!("trust = [\"~/app\"]\n{deny}");
    assert_eq!(effect("", &trusting, EXCEPTION), Effect::Neutral, "a repository that is trusted");
    assert_eq!(effect(deny, "trust = [\"~/app\"]", EXCEPTION), Effect::Deny);
}

#[test]
fn a_list_of_the_allowed_counts_for_files_with_no_more_say() {
    let default = "[paths]\ndefault_read = \"deny\"\n";
    let allow = "[paths]\nallow_read = [\"./a\"]\ndefault_read = \"neutral\"\n";
    assert_eq!(reads(&merged("", default, allow)).effect, Effect::Deny);
    assert_eq!(reads(&merged("", allow, default)).effect, Effect::Neutral);
}

/// The seed of the fuzzer: a repository that tries everything.
#[test]
fn a_hostile_repository_takes_nothing_away() {
    let seed = include_str!("../../../../fuzz/seeds/guard_policy/both");
    let (toml, cedar) = seed.split_once("\n---\n").unwrap();
    let policy = merged("", "[paths]\ndeny_read = [\"**/.env\"]\n", toml);
    let engine = Engine::new(&policy, &[("a.cedar".to_owned(), cedar.to_owned())]).unwrap();
    let below = Some(".env".to_owned());
    let request = Request { below, today: 20_778, ..Request::new(Verb::Read, "~/app/.env") };
    assert_eq!(engine.decide(&request).effect, Effect::Deny);
    assert_eq!(policy.on_error(), OnError::Ask);
    assert_eq!(policy.mode("GA001", Effect::Deny), Effect::Deny);
}

/// Lines of a policy about reading, writing and `on_error`, hostile ones among them.
fn any_file() -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["neutral", "note", "ask", "deny"]);
    let pattern = prop::sample::select(vec!["./a", "./b", "./**", "**/a", "~/app/**"]);
    let list = prop::collection::vec(pattern.clone(), 0..3);
    let exceptions = prop::collection::vec(
        (prop::sample::select(vec!["paths", "paths.deny_read", "paths.default_read"]), pattern),
        0..3,
    );
    (
        prop::option::of(effect),
        list.clone(),
        list.clone(),
        list,
        exceptions,
        prop::option::of(prop::sample::select(vec!["off", "note", "ask", "deny"])),
    )
        .prop_map(|(default, allow, ask, deny, exceptions, mode)| {
            let mode = mode.map(|mode| format!("[mode]\nGA001 = \"{mode}\""));
            let default = default.map(|default| format!("default_read = \"{default}\""));
            let mut lines =
                vec!["trust = [\"~/app\", \"~/**\"]\non_error = \"neutral\"".to_owned()];
            lines.extend(mode);
            lines.push(format!("[paths]\nallow_read = {allow:?}"));
            lines.push(format!("ask_read = {ask:?}\ndeny_read = {deny:?}"));
            lines.extend(default);
            lines.extend(exceptions.into_iter().map(|(policy, path)| {
                EXCEPTION.replace("paths.deny_read", policy).replace("./a", path)
            }));
            lines.join("\n")
        })
}

proptest! {
    /// Whatever a repository writes, no verdict becomes weaker, and none loses a reason.
    #[test]
    fn a_repository_only_tightens(user in any_file(), repository in any_file(), path in "[abc]") {
        // A person who trusts nobody.
        let user = user.replace("trust = [\"~/app\", \"~/**\"]\n", "");
        let alone = merged("", &user, "");
        let both = merged("", &user, &repository);
        prop_assert!(both.on_error() >= alone.on_error());
        prop_assert!(both.mode("GA001", Effect::Ask) >= alone.mode("GA001", Effect::Ask));
        let request = Request {
            below: Some(path.clone()),
            today: 20_778,
            ..Request::new(Verb::Read, format!("~/app/{path}"))
        };
        let before = Engine::new(&alone, &[]).unwrap().decide(&request);
        let after = Engine::new(&both, &[]).unwrap().decide(&request);
        prop_assert!(after.effect >= before.effect, "{:?} < {:?}", after, before);
        for reason in &before.reasons {
            prop_assert!(after.reasons.contains(reason), "{:?} lost {:?}", after, reason);
        }
    }
}
