//! Whatever another scanner wrote, no finding has one of our ids, a long text or an odd path.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_rules::sarif::{RESULTS, read::read};

fuzz_target!(|log: &[u8]| {
    let Ok(log) = read(log) else { return };
    assert!(log.findings.len() <= RESULTS);
    for finding in log.findings {
        assert!(finding.rule.0.contains('/') && finding.message.chars().count() <= 1_101);
        assert!(finding.at.path.split('/').all(|part| part != ".."));
    }
});
