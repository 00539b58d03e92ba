//! Decisions for the tests of renderings.

use tl_core::test::{Class, Rate, Status, TestName};

use crate::gate::{Answer, Decision, Judged, Verdict};
use crate::read::{Counts, Gap, Remark};

/// What strangers write into names and messages to get out of them.
pub(super) const HOSTILE: &str = "x\u{1b}[2J\r\n::error::owned\n##[error]a ##vso[task.x]b | </td><script>`` @ana #1 https://a.example [a](b) \u{202e}";

/// A red test.
pub(super) fn judged(name: &str, verdict: Verdict) -> Judged {
    Judged {
        id: "9f2c41d07be35a6610fa2b38".to_owned(),
        test: TestName {
            class: "acme.OrdersTest".to_owned(),
            name: name.to_owned(),
            file: "orders/OrdersTest.java".to_owned(),
            ..TestName::default()
        },
        variant: String::new(),
        status: Status::Failed,
        signature: "b41d93c2aa07e5f1".to_owned(),
        message: "the sum was wrong".to_owned(),
        line: Some(41),
        verdict,
        class: None,
    }
}

/// A failure that is masked.
pub(super) fn masked() -> Verdict {
    Verdict::Masked {
        owner: "ana".to_owned(),
        issue: "acme/api#412".to_owned(),
        rate: Rate { fails: 9, runs: 412, low: 0.012, high: 0.036 },
        clean: 212,
        needed: 298,
    }
}

/// One of everything.
pub(super) fn decision() -> Decision {
    let mut regressed = judged("rounds", Verdict::Real);
    regressed.class = Some(Class::Regressed);
    regressed.signature = "aaaaaaaaaaaaaaaa".to_owned();
    Decision {
        schema: "gate/v1".to_owned(),
        answer: Answer::Unproven,
        counts: Counts { cases: 412, passed: 400, failed: 4, errored: 1, skipped: 7 },
        red: vec![
            judged("adds", Verdict::Real),
            regressed,
            judged("takes", Verdict::NewReason { known: vec!["aa".to_owned()], got: "bb".to_owned() }),
            judged("retries", masked()),
            judged("waits", Verdict::RetriedToGreen { attempts: 2 }),
        ],
        evidence: vec![
            Remark {
                gap: Some(Gap::Truncated),
                line: 12,
                what: "`out/a.xml` line 12: it breaks off".to_owned(),
                mend: "let the runner finish".to_owned(),
            },
            Remark { gap: None, line: 0, what: "2 names are one".to_owned(), mend: String::new() },
        ],
        quarantine: vec![".throughline/quarantine.toml line 8: `a > b` was in quarantine until 2026-11-20; ana sees to it (#1): mend the test".to_owned()],
    }
}

/// Thousands of everything, as long and as hostile as can be.
pub(super) fn hostile() -> Decision {
    let long = format!("{HOSTILE}{}", "é".repeat(2_000));
    let verdicts = [
        Verdict::Real,
        Verdict::NewReason { known: vec![long.clone(); 5], got: long.clone() },
        Verdict::Touched { by: vec![long.clone(); 5] },
        Verdict::Expired { owner: long.clone(), on: long.clone() },
        Verdict::Infra { class: long.clone() },
        masked(),
        Verdict::RetriedToGreen { attempts: u32::MAX },
    ];
    let red = |at: usize| {
        let mut judged = judged(&format!("{long}{at}"), verdicts[at % verdicts.len()].clone());
        judged.message.clone_from(&long);
        judged.test.file.clone_from(&long);
        judged.test.class.clone_from(&long);
        judged.variant.clone_from(&long);
        judged
    };
    let remark = |gap| Remark { gap, line: 0, what: long.clone(), mend: long.clone() };
    Decision {
        red: (0..700).map(red).collect(),
        evidence: (0..300).map(|at| remark((at % 2 == 0).then_some(Gap::Malformed))).collect(),
        quarantine: vec![long.clone(); 300],
        ..decision()
    }
}

/// That nothing in a text acts on a terminal.
pub(super) fn assert_still(text: &str) {
    let acts = |c: &char| *c != '\n' && *c != '\u{200b}' && tl_core::finding::is_invisible(*c);
    assert_eq!(text.chars().find(acts), None);
}
