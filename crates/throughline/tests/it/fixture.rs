//! The repositories that several tests share, scripted once for all of them.
//!
//! In: nothing. Out: [`delivery`], a small team's four months; [`small`], a few commits.
//! **Invariant:** a test copies them before it runs the program on them.

use std::sync::OnceLock;

use tl_testkit::env::TestEnv;
use tl_testkit::import::{Import, Mark};
use tl_testkit::repo::TestRepo;

const MAIN: &str = "refs/heads/main";
const BOT: &str = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>";

/// Requests of every shape with their heads, a revert, a tool's trailer, a bot, releases.
pub(crate) fn delivery() -> &'static TestRepo {
    static REPO: OnceLock<TestRepo> = OnceLock::new();
    REPO.get_or_init(|| {
        let repo = TestRepo::new();
        four_months().into(&repo);
        let broken = repo.git(&["log", "--format=%H", "--grep=(#11)$", "main"]);
        let mut last = Import::new();
        last.resume(MAIN);
        let message = format!(
            "Revert \"Part 11 (#11)\" (#25)\n\nThis reverts commit {broken}.\nReverts team/repo#11"
        );
        let files = [("part-11.txt", "part 11\n")];
        let revert = last.commit(MAIN, "ana", "2025-12-20T10:00:00Z", &files, &message);
        last.point("refs/pull/25/head", revert);
        later(&mut last, revert);
        last.into(&repo);
        repo.git(&["reset", "--quiet", "--hard", "main"]);
        repo
    })
}

/// A copy of [`delivery`], and the program to run in it.
pub(crate) fn delivery_env() -> TestEnv {
    super::env().with_copy_of(delivery().path())
}

/// Three squashed requests a day apart, the first with a tag.
pub(crate) fn small() -> &'static TestRepo {
    static REPO: OnceLock<TestRepo> = OnceLock::new();
    REPO.get_or_init(|| {
        let repo = TestRepo::new();
        let mut import = Import::new();
        for (number, who) in (1..).zip(["ana", "bo", "cy"]) {
            let (at, file) = (format!("2026-02-0{number}T09:00:00Z"), format!("{number}.txt"));
            let message = format!("Part {number} (#{number})");
            let mark = import.commit(MAIN, who, &at, &[(file.as_str(), "one\ntwo\n")], &message);
            if number == 1 {
                import.point("refs/tags/v1.0.0", mark);
            }
        }
        import.into(&repo);
        repo.git(&["reset", "--quiet", "--hard", "main"]);
        repo
    })
}

/// A copy of [`small`], and the program to run in it.
pub(crate) fn small_env() -> TestEnv {
    super::env().with_copy_of(small().path())
}

/// Requests 1 to 12: one each four days, in turn merged, squashed, rebased, and squashed with a
/// tool's trailer.
fn four_months() -> Import {
    let mut import = Import::new();
    let base = [("base.txt", "base\n")];
    let mut tip = import.commit(MAIN, "ana", "2025-10-31T09:00:00Z", &base, "Begin");
    import.point("refs/tags/v1.0.0", tip);
    for number in 1..=12 {
        tip = request(&mut import, number, tip);
        if number % 4 == 0 {
            import.point(&format!("refs/tags/v1.{}.0", number / 4), tip);
        }
    }
    import
}

fn request(import: &mut Import, number: u32, tip: Mark) -> Mark {
    let at = |hours: u32| {
        let hours = number * 96 + hours;
        let day = hours / 24;
        let (month, day) = if day <= 30 { (11, day) } else { (12, day - 30) };
        format!("2025-{month}-{day:02}T{:02}:00:00Z", hours % 24)
    };
    let who = ["ana", "bo", "cy"][number as usize % 3];
    let branch = format!("refs/heads/work-{number}");
    let file = format!("part-{number}.txt");
    let first = format!("part {number}\n");
    let second = format!("part {number}\ndone\n");
    import.point(&branch, tip);
    let begun = format!("Part {number}: begin");
    let done = format!("Part {number}: done");
    import.commit(&branch, who, &at(9), &[(file.as_str(), first.as_str())], &begun);
    let files = [(file.as_str(), second.as_str())];
    let head = import.commit(&branch, who, &at(15), &files, &done);
    import.point(&format!("refs/pull/{number}/head"), head);
    let merged = 24 + number;
    match number % 4 {
        0 => {
            let title = format!("Merge pull request #{number} from team/work-{number}");
            import.merge(MAIN, "bo", &at(merged), head, &files, &title)
        }
        1 => import.commit(MAIN, who, &at(merged), &files, &format!("Part {number} (#{number})")),
        2 => {
            let begun_files = [(file.as_str(), first.as_str())];
            import.rebased(MAIN, who, [&at(9), &at(merged)], &begun_files, &begun);
            import.rebased(MAIN, who, [&at(15), &at(merged)], &files, &done)
        }
        _ => {
            let message = format!(
                "Part {number} (#{number})\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
            );
            import.commit(MAIN, who, &at(merged), &files, &message)
        }
    }
}

/// A bot's request, one that was never merged, and a last release.
fn later(import: &mut Import, tip: Mark) {
    let files = [("Cargo.lock", "a 2\n")];
    import.point("refs/heads/open", tip);
    let open = [("open.txt", "open\n")];
    let open = import.commit("refs/heads/open", "cy", "2026-02-10T10:00:00Z", &open, "Begin");
    import.point("refs/pull/27/head", open);
    let bump = "Bump a from 1 to 2 (#26)";
    let bumped = import.commit(MAIN, BOT, "2026-01-10T10:00:00Z", &files, bump);
    import.point("refs/pull/26/head", bumped);
    import.point("refs/tags/v1.4.0", bumped);
    let files = [("README.md", "read me\n")];
    import.commit(MAIN, "bo", "2026-02-20T10:00:00Z", &files, "Say what this is");
}
