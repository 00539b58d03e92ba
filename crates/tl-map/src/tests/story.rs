//! Histories told as text, one fact a line, so that no test builds rows by hand.
//!
//! In: lines such as `2 09:00 ana commits c1 "Add x (#12)" on topic from b1`. Out: a
//! [`History`]. Start at [`history`].
//!
//! A line is `day hh:mm who verb ...`; day 1 is 2026-01-01, and a date may stand for a day. Verbs:
//! - `commits ID "title"`: `ID` is the beginning of the commit's id. Then any of: `on BRANCH`
//!   (`main`), `from ID` (or `from nothing`), `merging ID`, `authored DAY HH:MM`, `by WHO`,
//!   `reverts ID|#12|"title"`, `fixes ID|#12`, `picks ID`, `with claude`,
//!   `edits PATH START,REMOVED,ADDED`.
//! - `tags NAME at ID`, or `annotates NAME at ID`: with a date of its own.
//! - `pushes #12 at ID`: the head of a request.
//!
//! `dependabot` is a bot and `copilot` an agent, all others are people.

use std::collections::BTreeMap;

use tl_core::attribution::{AiTool, Attribution, AuthorClass, ToolSet};
use tl_core::diff::{CommitDiff, Content, FileDiff, Hunk};
use tl_core::history::{
    Commit, History, MentionForm, MessageLinks, ParentSpan, Person, Reference, ReleaseName,
    RequestHead, RequestMention, Tag,
};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_core::time::{Millis, OffsetMinutes, Timestamp};

/// Midnight before day 1.
pub(super) const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

#[derive(Default)]
struct Teller {
    history: History,
    tips: BTreeMap<String, CommitIx>,
    ids: BTreeMap<String, CommitIx>,
}

/// The history that a story tells; its default branch is `main`.
pub(crate) fn history(story: &str) -> History {
    let mut teller = Teller::default();
    teller.history.name = "story".to_owned();
    teller.history.branch = "main".to_owned();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        teller.tell(line);
    }
    teller.history.head = teller.tips.get("main").copied();
    teller.history.diffs.sort_by_key(|(ix, _)| *ix);
    teller.history
}

/// `ID` as a whole object id.
pub(super) fn id(symbol: &str) -> CommitId {
    format!("{symbol:0<40}").parse().unwrap_or_else(|err| panic!("{symbol}: {err}"))
}

/// A day of the story, or a date, and a time of day.
pub(crate) fn instant(day: &str, time: &str) -> Timestamp {
    let midnight = match day.parse::<i64>() {
        Ok(day) => START + Millis::days(day - 1),
        Err(_) => Timestamp::parse(day).unwrap(),
    };
    let (hours, minutes) = time.split_once(':').unwrap();
    let minutes = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
    midnight + Millis::new(minutes * 60_000)
}

/// Words, and texts in double quotes with the quote in front.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(text) => text.find('"').expect("a quoted text ends") + 1,
            None => rest.find(' ').unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start_matches('"').trim_start();
    }
    words
}

impl Teller {
    fn tell(&mut self, line: &str) {
        let words = words(line);
        let [day, time, who, verb, rest @ ..] = words.as_slice() else { panic!("{line}") };
        let at = instant(day, time);
        match (*verb, rest) {
            ("commits", [symbol, title, options @ ..]) => {
                self.commit(at, who, symbol, title.trim_matches('"'), options);
            }
            ("tags" | "annotates", [name, "at", symbol]) => {
                let commit = self.ids[*symbol];
                let annotated = *verb == "annotates";
                let at = if annotated { at } else { self.history.commit(commit).committed };
                let release = release_name(name);
                let tag = Tag { name: (*name).to_owned(), commit, at, annotated, release };
                self.history.tags.push(tag);
            }
            ("pushes", [number, "at", symbol]) => {
                let number = number.trim_start_matches('#').parse().unwrap();
                let commit = self.ids[*symbol];
                self.history.requests.push(RequestHead { number, commit });
            }
            _ => panic!("not understood: {line}"),
        }
    }

    fn commit(&mut self, at: Timestamp, who: &str, symbol: &str, title: &str, options: &[&str]) {
        let ix = CommitIx(self.history.commits.len() as u32);
        let (mut branch, mut base, mut merged) = ("main", None, Vec::new());
        let (mut authored, mut author, mut links) = (at, who, MessageLinks::default());
        let mut attribution = Attribution::default();
        let mut options = options.iter();
        let mut files = Vec::new();
        while let Some(option) = options.next() {
            let mut next = || *options.next().unwrap_or_else(|| panic!("{option} of what?"));
            match *option {
                "on" => branch = next(),
                "from" => base = Some(next()),
                "merging" => merged.push(self.ids[next()]),
                "authored" => authored = instant(next(), next()),
                "by" => author = next(),
                "reverts" => links.reverts.push(self.reference(next())),
                "fixes" => links.fixes.push(self.reference(next())),
                "picks" => links.cherry_picked_from.push(id(next())),
                "with" => {
                    attribution.tools = ToolSet::one(tool(next()));
                    attribution.trailed = true;
                }
                "edits" => files.push(edit(next(), next())),
                _ => panic!("{option}?"),
            }
        }
        let base = match base {
            Some("nothing") => None,
            Some(symbol) => Some(self.ids[symbol]),
            None => self.tips.get(branch).copied(),
        };
        let parents = base.into_iter().chain(merged);
        let start = self.history.parent_pool.len() as u32;
        self.history.parent_pool.extend(parents);
        let len = self.history.parent_pool.len() as u32 - start;
        (links.tickets, attribution.author) = (tickets(title), class(author));
        let author = self.person(author);
        let committer = self.person(who);
        self.history.commits.push(Commit {
            id: id(symbol),
            parents: ParentSpan { start, len },
            author,
            committer,
            authored,
            committed: at,
            author_offset: OffsetMinutes(0),
            attribution,
            title: title_hash(title),
            mention: mention(title),
            links: (links != MessageLinks::default()).then(|| Box::new(links)),
        });
        if !files.is_empty() {
            self.history.diffs.push((ix, CommitDiff { files, unreadable: 0 }));
        }
        self.tips.insert(branch.to_owned(), ix);
        self.ids.insert(symbol.to_owned(), ix);
    }

    /// A symbol told before is the whole id; other hexadecimal digits are taken as they are.
    fn reference(&self, what: &str) -> Reference {
        if let Some(title) = what.strip_prefix('"') {
            return Reference::Title(title_hash(title));
        }
        match what.strip_prefix('#') {
            Some(number) => Reference::Request(number.parse().unwrap()),
            None if self.ids.contains_key(what) => Reference::Commit(id(what).to_string()),
            None => Reference::Commit(what.to_owned()),
        }
    }

    fn person(&mut self, name: &str) -> PersonIx {
        let people = &mut self.history.people;
        let row = people.iter().position(|person| person.name == name).unwrap_or_else(|| {
            let email = format!("{name}@example.org");
            people.push(Person { name: name.to_owned(), email });
            people.len() - 1
        });
        PersonIx(row as u32)
    }
}

fn class(who: &str) -> AuthorClass {
    match who {
        "dependabot" => AuthorClass::Bot,
        "copilot" => AuthorClass::Agent,
        _ => AuthorClass::Human,
    }
}

fn tool(name: &str) -> AiTool {
    AiTool::ALL.into_iter().find(|tool| tool.name().eq_ignore_ascii_case(name)).unwrap()
}

fn edit(path: &str, numbers: &str) -> FileDiff {
    let numbers: Vec<u32> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
    let [old_start, removed, added] = numbers[..] else { panic!("START,REMOVED,ADDED") };
    let hunk = Hunk { old_start, removed, new_start: old_start, added };
    FileDiff { path: path.to_owned(), from: None, content: Content::Text(vec![hunk]) }
}

/// The title without the requests at its end, and the last of them.
fn without_requests(title: &str) -> (&str, Option<u32>) {
    let cut = title.strip_suffix(')').and_then(|text| text.rsplit_once(" (#"));
    match cut.and_then(|(rest, number)| Some((rest, number.parse::<u32>().ok()?))) {
        Some((rest, number)) => (without_requests(rest).0, Some(number)),
        None => (title, None),
    }
}

/// A hash as good as any: equal titles, but for request numbers, are equal.
fn title_hash(title: &str) -> u64 {
    let (text, _) = without_requests(title);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn mention(title: &str) -> Option<RequestMention> {
    if let Some(rest) = title.strip_prefix("Merge pull request #") {
        let number = rest.split(' ').next().unwrap().parse().unwrap();
        return Some(RequestMention { number, by: MentionForm::Merge });
    }
    let number = without_requests(title).1?;
    Some(RequestMention { number, by: MentionForm::Suffix })
}

/// Words such as `ZOOKEEPER-4711`.
fn tickets(title: &str) -> Vec<String> {
    let words = title.split([' ', ':']);
    let is_key = |word: &&str| {
        word.split_once('-').is_some_and(|(name, number)| {
            name.len() > 1
                && name.bytes().all(|byte| byte.is_ascii_uppercase())
                && number.parse::<u32>().is_ok()
        })
    };
    words.filter(is_key).map(str::to_owned).collect()
}

fn release_name(tag: &str) -> Option<ReleaseName> {
    let (package, version) = match tag.split_once('@') {
        Some((package, version)) => (Some(package.to_owned()), version),
        None => (None, tag),
    };
    let version = version.trim_start_matches('v');
    let (numbers, prerelease) = match version.split_once('-') {
        Some((numbers, _)) => (numbers, true),
        None => (version, false),
    };
    let numbers = numbers.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    Some(ReleaseName { package, numbers, prerelease })
}
