//! Tables survive being written and read, block by block.

use super::*;

fn run(number: u32) -> Run {
    Run {
        commit: number,
        variant: 0,
        at: Timestamp::from_seconds(i64::from(number)),
        attempt: 1,
        job: "unit".to_owned(),
        shard: "2/4".to_owned(),
        build: format!("b{number}"),
        change: if number.is_multiple_of(7) { String::new() } else { "acme/api#12".to_owned() },
        unmerged: !number.is_multiple_of(7) || number.is_multiple_of(2),
        author: "ana".to_owned(),
        complete: number.is_multiple_of(2),
        selected: number.is_multiple_of(3),
        cases: 5_000,
        red: 3,
        ms: 60_000,
    }
}

fn reason(number: u32) -> Reason {
    let mut signature = [1; 8];
    signature[..4].copy_from_slice(&number.to_be_bytes());
    let infra = if number.is_multiple_of(5) { "disk-full" } else { "" };
    Reason { signature: Signature(signature), infra, template: format!("reason {number}") }
}

/// What a ledger would hold.
#[derive(Default)]
struct Stored(std::collections::BTreeMap<(String, u32), Pack>);

impl Stored {
    fn load(&self) -> Dims {
        let whole: Vec<Pack> =
            self.0.values().filter(|p| WHOLE.contains(&p.name.as_str())).cloned().collect();
        let mut dims = Dims::read(0, &whole).unwrap();
        let ends = dims.ends().map(|(name, block)| self.0.get(&(name.to_owned(), block)).cloned());
        dims.read_ends(&ends.into_iter().flatten().collect::<Vec<_>>()).unwrap();
        dims
    }

    fn store(&mut self, dims: &Dims) {
        for pack in dims.changed() {
            self.0.insert((pack.name.clone(), pack.block), pack);
        }
    }
}

#[test]
fn rows_stay_what_they_are_over_many_runs() {
    let mut stored = Stored::default();
    for number in 0..600 {
        let mut dims = stored.load();
        assert_eq!(dims.commit(&format!("{number:040x}"), Timestamp::from_seconds(7)), number);
        assert_eq!(dims.commit(&format!("{:040x}", number / 2), Timestamp::default()), number / 2);
        assert_eq!(dims.variant(if number < 300 { "" } else { "os=linux" }), number / 300);
        assert_eq!(dims.reason(&reason(2 * number)), 2 * number + 1);
        assert_eq!(dims.reason(&reason(2 * number + 1)), 2 * number + 2);
        assert_eq!(dims.run(run(number)), number);
        stored.store(&dims);
    }
    let dims = stored.load();
    assert_eq!((dims.commits.len(), dims.runs, dims.reasons.len()), (600, 600, 1_200));
    assert!(dims.is_infra(1) && !dims.is_infra(2) && !dims.is_infra(0) && dims.is_infra(11));
    let pack = |name: &str, block| &stored.0[&(name.to_owned(), block)];
    assert_eq!(runs(pack("runs", 1)).unwrap()[3], run(259));
    assert_eq!(templates(pack("templates", 4)).unwrap()[0], "reason 1024");
}

#[test]
fn a_run_with_very_many_new_reasons_fills_several_blocks() {
    let mut stored = Stored::default();
    let mut dims = stored.load();
    (0..700).for_each(|number| assert_eq!(dims.reason(&reason(number)), number + 1));
    stored.store(&dims);
    let mut dims = stored.load();
    assert_eq!(dims.reason(&reason(5)), 6);
    assert_eq!(dims.reason(&reason(700)), 701);
    stored.store(&dims);
    let last = &stored.0[&("templates".to_owned(), 2)];
    assert_eq!(templates(last).unwrap().len(), 701 - 512);
}

#[test]
fn a_pack_of_a_later_version_and_a_damaged_one_are_told() {
    let pack = |value: &[u8]| Pack { name: "commits".to_owned(), block: 3, value: value.to_vec() };
    let told = |value: &[u8]| Dims::read(0, &[pack(value)]).unwrap_err().to_string();
    assert!(told(&[2]).contains("later version"), "{}", told(&[2]));
    assert!(told(&[1, 200]).contains("damaged"));
    assert!(told(&[]).contains("damaged"));
}
