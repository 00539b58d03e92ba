use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn set(lines: &Lines) -> BTreeSet<u32> {
    lines.ranges().iter().flat_map(|(first, last)| *first..=*last).collect()
}

fn lines() -> impl Strategy<Value = BTreeSet<u32>> {
    proptest::collection::btree_set(1_u32..60, 0..40)
}

#[test]
fn the_last_line_that_there_can_be_is_one_of_them() {
    let all = Lines::from(vec![(5, u32::MAX), (1, 2)]);
    assert_eq!(all.count(), u64::from(u32::MAX) - 2);
    assert!(all.contains(u32::MAX) && !all.contains(3));
    let end = Lines::from(vec![(u32::MAX, u32::MAX)]);
    assert_eq!(all.without(&end).ranges(), [(1, 2), (5, u32::MAX - 1)]);
    assert_eq!(all.union(&end), all);
    assert_eq!(end.without(&all), Lines::default());
}

#[test]
fn ranges_are_shown_as_people_write_them() {
    let lines: Lines = [3, 7, 8, 9, 20].into_iter().collect();
    assert_eq!(lines.shown(10), "3, 7-9, 20");
    assert_eq!(lines.shown(1), "3 and 2 more");
}

proptest! {
    #[test]
    fn sets_of_lines_are_sets(a in lines(), b in lines()) {
        let (one, two): (Lines, Lines) = (a.iter().copied().collect(), b.iter().copied().collect());
        prop_assert_eq!(set(&one), a.clone());
        prop_assert_eq!(one.count(), a.len() as u64);
        prop_assert_eq!(set(&one.union(&two)), a.union(&b).copied().collect::<BTreeSet<_>>());
        let both: BTreeSet<u32> = a.intersection(&b).copied().collect();
        prop_assert_eq!(set(&one.intersection(&two)), both);
        prop_assert_eq!(set(&one.without(&two)), a.difference(&b).copied().collect::<BTreeSet<_>>());
        for line in 0..62 {
            prop_assert_eq!(one.contains(line), a.contains(&line));
        }
        for made in [one.union(&two), one.intersection(&two), one.without(&two)] {
            let apart = made.ranges().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0);
            prop_assert!(apart, "{made:?}");
        }
    }
}
