use proptest::prelude::*;

use super::super::diff::{Added, patch};
use super::*;

fn lines(ranges: &[(u32, u32)]) -> Lines {
    Lines::from(ranges.to_vec())
}

fn covered(file: &str, all: &[(u32, u32)], hit: &[(u32, u32)]) -> Covered {
    Covered { file: file.to_owned(), lines: lines(all), hit: lines(hit), ..Covered::default() }
}

fn sources() -> Sources {
    Sources::new(["src/a.py", "src/b.py"].map(ToOwned::to_owned), "/work")
}

fn total(reports: &[Covered]) -> Total {
    let mut adding = Adding::default();
    reports.iter().for_each(|one| adding.add(one));
    adding.finish(&sources(), &[])
}

#[test]
fn a_line_of_several_reports_counts_once() {
    let mut one = covered("src/a.py", &[(1, 4)], &[(1, 2)]);
    one.branches = vec![Branches { line: 2, hit: 1, all: 2 }];
    let mut two = covered("/build/src/a.py", &[(3, 6)], &[(3, 3)]);
    two.branches = vec![Branches { line: 2, hit: 2, all: 2 }, Branches { line: 5, hit: 0, all: 2 }];
    let total = total(&[one, two, covered("/usr/lib/other/x.py", &[(1, 9)], &[])]);
    let sums = Sums { lines: 6, covered: 3, branches: 4, branches_covered: 2 };
    assert_eq!((total.sums(), total.files.len(), total.outside), (sums, 1, 1));
    assert_eq!(total.examples, ["/usr/lib/other/x.py"]);
}

#[test]
fn lines_of_one_test_count_where_the_report_has_them() {
    let mut test = covered("src/a.py", &[(1, 2), (5, 5)], &[(2, 3)]);
    test.test = Some("t::one".to_owned());
    let total = total(&[covered("src/a.py", &[(1, 2), (5, 5)], &[(1, 1)]), test]);
    assert_eq!(total.files["src/a.py"].hit, lines(&[(1, 2)]));
    // What the test covers keeps the whole statement.
    assert_eq!(total.tests["t::one"]["src/a.py"], lines(&[(2, 3)]));
}

#[test]
fn a_change_is_covered_by_the_lines_that_can_be() {
    let total = total(&[covered("src/a.py", &[(1, 3), (6, 9)], &[(1, 2), (6, 6), (9, 9)])]);
    let added: Added = [("src/a.py", lines(&[(2, 7)])), ("README.md", lines(&[(1, 1)]))]
        .map(|(file, lines)| (file.to_owned(), lines))
        .into();
    let patch = patch(&total, &added);
    assert_eq!((patch.lines, patch.covered), (4, 2));
    assert_eq!(patch.files[0].uncovered, lines(&[(3, 3), (7, 7)]));
    assert_eq!(patch.unknown, ["README.md"]);
}

proptest! {
    #[test]
    fn the_order_of_reports_makes_no_difference(
        rows in proptest::collection::vec((0_usize..3, 1_u32..9, 0_u32..4, 0_u32..4, 0_u32..4), 0..8),
    ) {
        let files = ["src/a.py", "/build/src/a.py", "src/b.py"];
        let mut reports: Vec<Covered> = rows
            .iter()
            .map(|(file, at, more, hit, all)| {
                let mut one = covered(files[*file], &[(*at, at + more)], &[(*at, at + more / 2)]);
                one.branches = vec![Branches { line: *at, hit: (*hit).min(*all), all: *all }];
                one
            })
            .collect();
        let forward = total(&reports);
        reports.reverse();
        prop_assert_eq!(&total(&reports), &forward);
        reports.extend(reports.clone());
        prop_assert_eq!(&total(&reports), &forward);
    }
}
