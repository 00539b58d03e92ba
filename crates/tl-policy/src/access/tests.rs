//! Who may do what.

use super::*;

fn who(role: Role, scope: Option<&[Action]>) -> Who {
    Who { name: "ana".to_owned(), role, scope: scope.map(<[Action]>::to_vec) }
}

fn may(access: &Access, who: &Who) -> String {
    let permitted = Action::ALL
        .into_iter()
        .filter(|action| access.decide(who, *action).effect == Effect::Neutral);
    permitted.map(Action::name).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_role_may_do_what_those_below_it_may() {
    let access = Access::new(None).unwrap();
    let told: Vec<String> =
        Role::ALL.into_iter().map(|role| may(&access, &who(role, None))).collect();
    assert_eq!(
        told,
        [
            "read",
            "read send collect",
            "read send collect approve",
            "read send collect approve administer"
        ]
    );
}

#[test]
fn a_token_does_what_both_its_role_and_its_scope_allow() {
    let access = Access::new(None).unwrap();
    assert_eq!(may(&access, &who(Role::Admin, Some(&[Action::Send]))), "send");
    assert_eq!(may(&access, &who(Role::Viewer, Some(&[Action::Send, Action::Read]))), "read");
    assert_eq!(may(&access, &who(Role::Admin, Some(&[]))), "");
    let denied = access.decide(&who(Role::Admin, Some(&[Action::Read])), Action::Administer);
    assert_eq!(denied.reasons[0].policy, "scope-administer");
    assert_eq!(denied.reasons[0].text, "the token was not made for this");
}

#[test]
fn a_team_s_own_policy_comes_on_top_and_its_forbid_wins() {
    let own = r#"@id("nights") @text("ask the owner") forbid (principal == Principal::"ana", action == Action::"send", resource);
                 permit (principal in Role::"viewer", action == Action::"collect", resource);"#;
    let access = Access::new(Some(("own.cedar", own))).unwrap();
    assert_eq!(may(&access, &who(Role::Admin, None)), "read collect approve administer");
    assert_eq!(may(&access, &who(Role::Viewer, None)), "read collect");
    let denied = access.decide(&who(Role::Admin, None), Action::Send);
    assert_eq!(
        (denied.reasons[0].policy.as_str(), denied.reasons[0].text.as_str()),
        ("nights", "ask the owner")
    );
    let viewer = access.decide(&who(Role::Viewer, None), Action::Administer);
    assert_eq!(viewer.reasons[0].text, "`ana` is viewer and may not administer");
}

#[test]
fn a_wrong_policy_is_told_with_its_place() {
    for text in [
        "permit (principal, action, resource",
        "permit (principal, action == Action::\"fly\", resource);",
    ] {
        let err = Access::new(Some(("own.cedar", text))).unwrap_err();
        assert_eq!(err.file.as_deref(), Some("own.cedar"), "{err}");
        assert_eq!(err.line, Some(1), "{err}");
    }
}

#[test]
fn names_are_no_policy() {
    let access = Access::new(None).unwrap();
    for name in ["\" } permit", "Role::\"admin\"", "", "\u{0}"] {
        let who = Who { name: name.to_owned(), role: Role::Viewer, scope: None };
        assert_eq!(may(&access, &who), "read", "{name:?}");
    }
}
