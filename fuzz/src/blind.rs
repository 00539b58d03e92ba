//! Calls a target with mutated seeds and keeps every input that ends badly.
//!
//! In: seeds of `fuzz/seeds/TARGET` and of folders that are named. Out: inputs that panic, take longer
//! than [`SLOW`] or fill more than [`LARGE`] in `fuzz/target/artifacts/TARGET`, and exit code 1. Start at [`run`].
//! The same seeds, number and target give the same inputs.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An input that takes longer ends the run.
const SLOW: Duration = Duration::from_secs(2);
/// KiB of memory in use that end the run.
const LARGE: u64 = 1 << 20;
/// Bytes of a seed.
const LONGEST_SEED: u64 = 64 << 10;
/// Bytes of an input, unless something else is said.
const LONGEST: usize = 256 << 10;
/// Places of panics that are kept before the run ends.
const MOST: usize = 20;

/// What is said on the command line.
struct Ask {
    seconds: u64,
    number: u64,
    longest: usize,
    /// write each input before it runs: for what ends the process at once, such as a stack
    keep: bool,
    folders: Vec<PathBuf>,
    /// run these once, as they are
    files: Vec<PathBuf>,
}

fn ask(name: &str) -> Ask {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ask = Ask {
        seconds: 10,
        number: 1,
        longest: LONGEST,
        keep: false,
        folders: vec![base.join("seeds").join(name)],
        files: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
        match word.as_str() {
            "--seconds" => ask.seconds = number(),
            "--number" => ask.number = number(),
            "--longest" => ask.longest = usize::try_from(number()).expect("a length"),
            "--keep" => ask.keep = true,
            path if Path::new(path).is_dir() => ask.folders.push(path.into()),
            path => ask.files.push(path.into()),
        }
    }
    ask
}

/// What runs just now.
struct Current {
    input: Vec<u8>,
    /// which input it is; `None` between two
    run: Option<u64>,
}

/// Runs a target; 1 if an input ended badly.
pub fn run(name: &str, target: impl Fn(&[u8])) -> ExitCode {
    let ask = ask(name);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/artifacts").join(name);
    for file in &ask.files {
        target(&fs::read(file).expect("an input"));
    }
    if !ask.files.is_empty() {
        return ExitCode::SUCCESS;
    }
    let seeds = seeds(&ask.folders);
    let current = Arc::new(Mutex::new(Current { input: Vec::new(), run: None }));
    watch(current.clone(), kept.clone());
    let place = Arc::new(Mutex::new(String::new()));
    let told = place.clone();
    panic::set_hook(Box::new(move |info| *told.lock().expect("one panic") = info.to_string()));
    let mut random = Random(ask.number ^ 0x9e37_79b9_7f4a_7c15);
    let (mut runs, mut bad, mut slowest) = (0_u64, Vec::<String>::new(), Duration::ZERO);
    let end = Instant::now() + Duration::from_secs(ask.seconds);
    while Instant::now() < end && bad.len() < MOST {
        let whole = usize::try_from(runs).expect("fewer than the seeds");
        let input = match seeds.get(whole) {
            Some(seed) => seed.clone(),
            None => mutated(&seeds, &mut random, ask.longest),
        };
        runs += 1;
        if ask.keep {
            keep(&kept, "last", &input);
        }
        let begun = Instant::now();
        *current.lock().expect("nobody panics here") =
            Current { input: input.clone(), run: Some(runs) };
        let ended = panic::catch_unwind(AssertUnwindSafe(|| target(&input)));
        current.lock().expect("nobody panics here").run = None;
        slowest = slowest.max(begun.elapsed());
        if ended.is_err() {
            let said = place.lock().expect("one panic").clone();
            let at = said.lines().next().unwrap_or_default().to_owned();
            if !bad.contains(&at) {
                println!("{name}: {said}");
                keep(&kept, &format!("panic-{}", bad.len()), &input);
                bad.push(at);
            }
        }
    }
    println!(
        "{name}: {runs} inputs, slowest {} ms, {} panics, {} MiB",
        slowest.as_millis(),
        bad.len(),
        peak() >> 10
    );
    if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Ends the process when an input takes too long or too much.
fn watch(current: Arc<Mutex<Current>>, kept: PathBuf) {
    std::thread::spawn(move || {
        // The input that was seen last, and the time of the processor when it was first seen: a busy
        // machine is no slow parser.
        let mut seen = (None, Duration::ZERO);
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = current.lock().expect("nobody panics here");
            if seen.0 != now.run {
                seen = (now.run, spent());
            }
            let slow = now.run.is_some() && spent().saturating_sub(seen.1) > SLOW;
            let what = match () {
                () if slow => "slow",
                () if peak() > LARGE => "large",
                () => continue,
            };
            keep(&kept, what, &now.input);
            println!("{}: {what}, {} bytes", kept.display(), now.input.len());
            std::process::exit(1);
        }
    });
}

/// Most KiB of memory that this process ever had, where the system says it.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Time of the processor that this process took, in clock ticks of a hundredth of a second.
fn spent() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may have blanks: the twelfth and thirteenth word.
    let words = stat.rsplit_once(") ").map_or("", |(_, words)| words).split(' ');
    let ticks: u64 = words.skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

fn keep(folder: &Path, name: &str, input: &[u8]) {
    fs::create_dir_all(folder).expect("our own folder");
    fs::write(folder.join(name), input).expect("our own file");
}

/// All small files of folders, sorted; an empty one at least.
fn seeds(folders: &[PathBuf]) -> Vec<Vec<u8>> {
    let mut open = folders.to_vec();
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(known) = fs::symlink_metadata(&path) else { continue };
            if known.is_dir() {
                open.push(path);
            } else if known.is_file() && known.len() <= LONGEST_SEED {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = files.iter().filter_map(|path| fs::read(path).ok());
    std::iter::once(Vec::new()).chain(read).collect()
}

/// SplitMix64, by Steele, Lea and Flood 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a bound; 0 below none.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).expect("smaller than a usize")
    }
}

/// What parsers trip over.
const WORDS: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"\\",
    b"\"",
    b"'",
    b"`",
    b"[",
    b"]",
    b"{",
    b"}",
    b"(",
    b")",
    b"<",
    b">",
    b"<<",
    b"$(",
    b"${",
    b"&",
    b"*",
    b"#",
    b"//",
    b"/*",
    b"*/",
    b"<!--",
    b"-->",
    b"---\n",
    b"- ",
    b": ",
    b"=",
    b",",
    b";",
    b"|",
    b"||",
    b"\xff",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xe2\x80\x8b",
    b"\xe2\x80\xae",
    b"\xf3\xa0\x81\xa1",
    b"\xf0\x9f\x98\x80",
    b"\xc3\xa9",
    b"\xcc\x81",
    b"\xef\xac\x81",
    b"\xe2\x84\xab",
    b"\xc4\xb0",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"0x",
    b"true",
    b"null",
    b"%s",
    b"%00",
    b"../",
    b"http://",
    b"PK\x03\x04",
    b"\x1b[",
    b"9999-12-31T23:59:60Z",
];

/// A seed with some of it changed.
fn mutated(seeds: &[Vec<u8>], random: &mut Random, longest: usize) -> Vec<u8> {
    let mut input = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(6) {
        one(&mut input, seeds, random, longest);
        input.truncate(longest);
    }
    input
}

fn one(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random, longest: usize) {
    let at = random.below(input.len() + 1);
    let length = 1 << random.below(8);
    let until = (at + random.below(length)).min(input.len());
    let word = WORDS[random.below(WORDS.len())];
    match random.below(12) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.next().to_le_bytes()[0];
            }
        }
        2 => drop(input.drain(at..until)),
        3 => input.truncate(at),
        4 | 5 => drop(input.splice(at..at, word.iter().copied())),
        6 => drop(input.splice(at..until, word.iter().copied())),
        // Some bytes again, here and there.
        7 => {
            let part = input[at..until].to_vec();
            let there = random.below(input.len() + 1);
            drop(input.splice(there..there, part));
        }
        // A part of another seed.
        8 | 9 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            let to = (from + random.below(512)).min(other.len());
            drop(input.splice(at..at, other[from..to].iter().copied()));
        }
        // Much of one thing: depth and length.
        10 => {
            let part = if random.below(2) == 0 { word.to_vec() } else { input[at..until].to_vec() };
            // Up to all of it, and as often little.
            let most = longest / part.len().max(1);
            let times = most >> random.below(usize::try_from(most.max(1).ilog2()).unwrap_or(0) + 1);
            drop(input.splice(at..at, part.repeat(times)));
        }
        // Two halves change places.
        _ => input.rotate_left(at),
    }
}
