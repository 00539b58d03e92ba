use super::{DOCS, cut, rule};
use crate::score::Kind;

#[test]
fn every_kind_has_the_rule_that_is_named_after_it() {
    let all = [
        (Kind::Execute, "runs-commands"),
        (Kind::Secret, "reads-secrets"),
        (Kind::Send, "sends-data-away"),
        (Kind::Conceal, "hides-from-user"),
        (Kind::Parameter, "overrides-parameters"),
        (Kind::Cross, "steers-other-tools"),
        (Kind::Redirect, "redirects-tool"),
        (Kind::Tag, "pseudo-system-tag"),
        (Kind::Authority, "claims-authority"),
        (Kind::Override, "overrides-instructions"),
        (Kind::Guard, "removes-safeguards"),
        (Kind::Runaway, "runaway"),
        (Kind::Destroy, "destroys-data"),
        (Kind::Plant, "plants-code"),
        (Kind::Loosen, "loosens-settings"),
        (Kind::Lure, "lures-into-install"),
        (Kind::Review, "suppresses-review"),
    ];
    assert_eq!(all.len(), DOCS.len());
    for (kind, name) in all {
        assert_eq!(rule(kind).name, name);
    }
}

#[test]
fn evidence_is_short_and_shows_what_is_invisible() {
    assert_eq!(cut("ab\u{200b}c\nd", &(0..8)), "ab\\u{200b}c d");
    assert_eq!(cut("grün", &(0..3)), "grü");
    assert!(cut(&"x".repeat(500), &(0..500)).len() <= 200);
}
