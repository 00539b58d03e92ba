use axum::http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const BODY: &[u8] = br#"{"zen":"It works."}"#;

fn now() -> Timestamp {
    Timestamp::from_seconds(1_793_491_200)
}

fn sender(speech: &str, secrets: &[&str]) -> Sender {
    Sender {
        speech: speech.parse().unwrap(),
        secrets: secrets.iter().map(|text| Secret::new(text).unwrap()).collect(),
        most_bytes: 1_024,
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn hexed(secret: &str, body: &[u8]) -> String {
    let bytes = made(secret.as_bytes(), &[body]).finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn check(speech: &str, secret: &str, pairs: &[(&str, &str)], expected: bool) {
    let right = is_right(&sender(speech, &["another", secret]), &headers(pairs), BODY, now());
    assert_eq!(right, expected, "{speech} {pairs:?}");
}

/// The example of GitHub's own documentation.
#[test]
fn the_signature_that_github_documents_is_right() {
    let sender = sender("github", &["It's a Secret to Everybody"]);
    let value = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let given = headers(&[("x-hub-signature-256", value)]);
    assert!(is_right(&sender, &given, b"Hello, World!", now()));
    assert!(!is_right(&sender, &given, b"Hello, World?", now()));
}

#[test]
fn each_system_signs_in_its_own_way() {
    let hex = hexed("s3cret", BODY);
    let (hub, v1) = (format!("sha256={hex}"), format!("v1={hex}"));
    let wrong = format!("sha256={}", hexed("secret", BODY));
    for (speech, name, value) in [
        ("github", "x-hub-signature-256", hub.as_str()),
        ("jira", "x-hub-signature", &hub),
        ("bitbucket", "x-hub-signature", &hub),
        ("gitea", "x-gitea-signature", &hex),
        ("gitea", "x-forgejo-signature", &hex),
        ("gitea", "x-hub-signature-256", &hub),
        ("sentry", "sentry-hook-signature", &hex),
        ("pagerduty", "x-pagerduty-signature", &v1),
        ("circleci", "circleci-signature", &v1),
        ("gitlab", "x-gitlab-token", "s3cret"),
        ("alertmanager", "authorization", "Bearer s3cret"),
        ("azure-devops", "authorization", "Basic YW5hOnMzY3JldA=="),
        ("cloudevents", "authorization", "bearer s3cret"),
        ("cdevents", "x-hub-signature-256", &hub),
    ] {
        check(speech, "s3cret", &[(name, value)], true);
        check(speech, "S3cret", &[(name, value)], false);
        check(speech, "s3cret", &[], false);
        check(speech, "s3cret", &[(name, "")], false);
        check(speech, "s3cret", &[(name, &wrong)], false);
        check(speech, "s3cret", &[(name, &value[..value.len() - 1])], false);
    }
}

#[test]
fn what_one_system_takes_another_does_not() {
    let hub = format!("sha256={}", hexed("s3cret", BODY));
    check("github", "s3cret", &[("x-hub-signature", &hub)], false);
    check("github", "s3cret", &[("authorization", "Bearer s3cret")], false);
    check("gitlab", "s3cret", &[("x-hub-signature-256", &hub)], false);
    check("alertmanager", "s3cret", &[("authorization", "s3cret")], false);
    check("alertmanager", "s3cret", &[("authorization", "Digest s3cret")], false);
}

#[test]
fn pagerduty_signs_with_several_secrets_while_one_takes_another_s_place() {
    let both = format!("v1={},v1={}", hexed("new", BODY), hexed("s3cret", BODY));
    check("pagerduty", "s3cret", &[("x-pagerduty-signature", &both)], true);
    let many = vec!["v1=00"; 1_000].join(",") + &format!(",v1={}", hexed("s3cret", BODY));
    check("pagerduty", "s3cret", &[("x-pagerduty-signature", &many)], false);
}

#[test]
fn a_signing_token_of_gitlab_is_one_of_standard_webhooks_and_is_right_for_minutes_only() {
    let key = b"0123456789abcdef0123456789abcdef";
    let secret = format!("{STANDARD_SECRET}{}", STANDARD.encode(key));
    let signed = |seconds: i64| {
        let at = (now().as_millis() / 1_000 + seconds).to_string();
        let parts: [&[u8]; 5] = [b"msg_1", b".", at.as_bytes(), b".", BODY];
        let code = STANDARD.encode(made(key, &parts).finalize().into_bytes());
        [
            ("webhook-id".to_owned(), "msg_1".to_owned()),
            ("webhook-timestamp".to_owned(), at),
            ("webhook-signature".to_owned(), format!("v1,AAAA v1,{code}")),
        ]
    };
    for (seconds, expected) in [(0, true), (-299, true), (299, true), (-301, false), (301, false)] {
        let pairs = signed(seconds);
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        check("gitlab", &secret, &pairs, expected);
        check("cloudevents", &secret, &pairs, expected);
        let renamed = [("webhook-id", "msg_2"), pairs[1], pairs[2]];
        check("gitlab", &secret, &renamed, false);
    }
    // Who has a signing token does not take the plain one.
    check("gitlab", &secret, &[("x-gitlab-token", &secret)], false);
}

#[test]
fn without_a_secret_nothing_is_right() {
    let none = sender("github", &[]);
    let given = headers(&[("x-hub-signature-256", &format!("sha256={}", hexed("", BODY)))]);
    assert!(!is_right(&none, &given, BODY, now()));
    assert!(Secret::new(" \n").is_none());
    assert_eq!(format!("{:?}", Secret::new("s3cret")), "Some(***)");
}

proptest! {
    /// Headers come from anybody.
    #[test]
    fn no_header_makes_it_fail(
        value in "\\PC{0,80}",
        speech in prop::sample::select(vec!["github", "gitlab", "pagerduty", "alertmanager", "events"]),
    ) {
        let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) else { return Ok(()) };
        let names = [
            "authorization", "webhook-id", "webhook-signature", "webhook-timestamp",
            "x-gitlab-token", "x-hub-signature-256", "x-pagerduty-signature",
        ];
        let given: HeaderMap =
            names.map(|name| (HeaderName::from_static(name), value.clone())).into_iter().collect();
        let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        prop_assert!(!is_right(&sender(speech, &[secret]), &given, BODY, now()));
    }
}
