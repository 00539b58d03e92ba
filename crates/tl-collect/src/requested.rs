//! The history of a repository of which nobody has a clone: as far as its requests tell it.
//!
//! In: requests and releases as they were collected. Out: a [`History`] whose mainline is the
//! merged requests, in the order of their merges. Start at [`requested_history`].
//! **Invariant:** what only a clone knows (pushes without a request, differences, moved branches)
//! is absent, and a gap says so. A commit whose id is not known has one that is made from the key
//! of its request, and stands for nothing in git.

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};
use tl_core::attribution::{AiTool, Attribution, AuthorClass, ToolSet};
use tl_core::delivery::{Release, Request, RequestCommit, numbered};
use tl_core::fact::{LinkForm, Mention};
use tl_core::history::{
    Commit, Gap, History, MentionForm, MessageLinks, ParentSpan, Person, Reference, RequestHead,
    RequestMention, Tag,
};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_core::time::{OffsetMinutes, Timestamp};

use crate::attribution::{Identity, attribute};
use crate::message::{self, MessageFacts};
use crate::release_name;

/// The history of `repository`, such as `acme/api`, as its requests tell it.
///
/// `requests` and `releases` are sorted by key, as in
/// [`Delivery`](tl_core::delivery::Delivery); those of other repositories are passed over.
/// `branch` is the branch that changes are delivered to; `None`: the one that most requests were
/// merged to.
///
/// Each request merged there is one commit, as if it had been squashed. Its own commits, where
/// they are known, stand beside it, on a branch that [`History::requests`] names. So do those of
/// requests that were not merged, or to another branch; where none are known, one commit stands
/// for them. People are one by their login, which is name and address.
pub fn requested_history<'r>(
    repository: &str,
    requests: &[Request],
    releases: impl IntoIterator<Item = &'r Release>,
    branch: Option<&str>,
) -> History {
    let own = of_repository(repository, requests);
    let branch = branch.map_or_else(|| most_merged(own), str::to_owned);
    let (mut merged, mut other): (Vec<&Request>, Vec<&Request>) = (Vec::new(), Vec::new());
    for request in own {
        let here = base(request).is_some_and(|base| base.is_empty() || base == branch);
        if here { merged.push(request) } else { other.push(request) }
    }
    let number = |request: &&Request| numbered(&request.key).map(|(_, number)| number);
    let landed = |request: &&Request| request.merged.as_ref().map(|merge| merge.at);
    merged.sort_by_cached_key(|request| (landed(request), number(request)));
    other.sort_by_cached_key(number);
    let mut writer = Writer::default();
    writer.reserve(own.iter().map(|request| request.commits.len() + 1).sum());
    for request in &merged {
        writer.land(request);
    }
    writer.landed = writer.history.commits.len();
    for (position, request) in merged.iter().enumerate() {
        writer.branch(request, Some(position));
    }
    for request in &other {
        writer.branch(request, None);
    }
    writer.release(repository, releases);
    let head = writer.landed.checked_sub(1).map(|row| CommitIx(row as u32));
    let mut history = History { head, ..writer.history };
    history.gaps.push(gap(repository));
    History { name: repository.to_owned(), repository: repository.to_owned(), branch, ..history }
}

/// When the head of a request was made, as its history tells it, where that is not after `now`.
pub fn head_made(request: &Request, now: Timestamp) -> Option<Timestamp> {
    let (_, number) = numbered(&request.key)?;
    u32::try_from(number).ok()?;
    let own = match request.commits.last() {
        Some(last) => Some(last.committed.unwrap_or(last.authored)),
        // What landed stands for a request without commits.
        None if request.merged.is_some() => return None,
        None => begun(request),
    };
    last_push(request).or(own).filter(|at| *at <= now)
}

/// The requests of a repository: in the order of keys they stand together.
fn of_repository<'a>(repository: &str, requests: &'a [Request]) -> &'a [Request] {
    let prefix = format!("{repository}#");
    let start = requests.partition_point(|request| request.key < prefix);
    let rest = &requests[start..];
    &rest[..rest.partition_point(|request| request.key.starts_with(&prefix))]
}

/// The branch that a merged request landed on, empty where nobody says; `None` if it did not.
fn base(request: &Request) -> Option<&str> {
    let merge = request.merged.as_ref()?;
    let state = request.state.as_ref().map(|(_, state)| state.base.as_str());
    Some(if merge.base.is_empty() { state.unwrap_or_default() } else { &merge.base })
}

/// The branch that most requests were merged to; of several the first in the alphabet.
fn most_merged(requests: &[Request]) -> String {
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for base in requests.iter().filter_map(base).filter(|base| !base.is_empty()) {
        *counts.entry(base).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(base, count)| (*count, std::cmp::Reverse(*base)));
    most.map(|(base, _)| base.to_owned()).unwrap_or_default()
}

fn gap(repository: &str) -> Gap {
    Gap {
        id: "no-clone".to_owned(),
        what: format!("of {repository} only requests were collected; no clone was read"),
        consequence: "what was pushed without a request is missing, sizes and rework are unknown, \
                      and a release holds whatever was merged before it"
            .to_owned(),
        mend: Some("give the path of a clone to `throughline map` as well".to_owned()),
    }
}

/// A history while it is written.
#[derive(Default)]
struct Writer {
    history: History,
    /// Rows of people by login as written.
    people: FxHashMap<String, PersonIx>,
    rows: FxHashMap<CommitId, CommitIx>,
    /// Rows before this one are the mainline, oldest first.
    landed: usize,
}

/// Who stands for the commits of a request.
#[derive(Clone, Copy)]
struct Author {
    person: PersonIx,
    attribution: Attribution,
}

impl Writer {
    /// Makes room for so many commits.
    fn reserve(&mut self, commits: usize) {
        self.rows.reserve(commits);
        self.history.commits.reserve(commits);
        self.history.parent_pool.reserve(commits);
    }

    /// Writes the commit that a merge left on the mainline, on top of the one before.
    fn land(&mut self, request: &Request) {
        let Some(merge) = &request.merged else { return };
        let author = self.author(request);
        let attribution = request.commits.iter().fold(author.attribution, |sum, commit| {
            sum.merged(with_tools(AuthorClass::Human, &commit.ai_tools))
        });
        let committer = if merge.by.is_empty() { author.person } else { self.person(&merge.by) };
        let facts = facts(request);
        let before = self.history.commits.len().checked_sub(1).map(|row| CommitIx(row as u32));
        let commit = Commit {
            id: self.id(merge.commit.parse().ok(), || request.key.clone()),
            committer,
            title: facts.title,
            mention: facts.mention,
            links: facts.links,
            ..commit(Author { attribution, ..author }, merge.at, merge.at)
        };
        self.push(commit, before);
    }

    /// Writes the commits of a request on a branch of their own, that begins at the mainline as it
    /// was when the request was begun. It landed at a position, or nowhere.
    fn branch(&mut self, request: &Request, landed: Option<usize>) {
        let number = numbered(&request.key).and_then(|(_, number)| u32::try_from(number).ok());
        let (Some(number), Some(begun)) = (number, begun(request)) else { return };
        let author = self.author(request);
        let before = landed.unwrap_or(self.landed);
        let fork = self.history.commits[..before].partition_point(|row| row.committed <= begun);
        let fork = fork.max(1).min(before).checked_sub(1).map(|row| CommitIx(row as u32));
        let pushed = last_push(request);
        let mut tip = None;
        for (nth, made) in request.commits.iter().enumerate() {
            let named = made.id.parse().ok();
            if let Some(known) = named.and_then(|id| self.rows.get(&id)) {
                // Of the mainline, or of another request that this one goes on from.
                if known.row() >= self.landed {
                    tip = Some(*known);
                }
                continue;
            }
            let is_last = nth + 1 == request.commits.len();
            let own = made.committed.unwrap_or(made.authored);
            let committed = pushed.filter(|_| is_last).unwrap_or(own);
            let id = self.id(named, || format!("{} {nth}", request.key));
            let commit = commit(self.worker(made, request, author), made.authored, committed);
            tip = Some(self.push(Commit { id, ..commit }, tip.or(fork)));
        }
        if tip.is_none() && landed.is_none() {
            let head = request.state.as_ref().map_or("", |(_, state)| state.head.as_str());
            let id = self.id(head.parse().ok(), || format!("{} head", request.key));
            let commit = commit(author, begun, pushed.unwrap_or(begun));
            tip = Some(self.push(Commit { id, ..commit }, fork));
        }
        if let Some(commit) = tip {
            self.history.requests.push(RequestHead { number, commit });
        }
    }

    /// Adds the releases as tags: of their commit, or of what was merged last before them.
    fn release<'r>(&mut self, repository: &str, releases: impl IntoIterator<Item = &'r Release>) {
        for release in releases.into_iter().filter(|one| one.repository == repository) {
            let named = release.commit.parse().ok().and_then(|id| self.rows.get(&id)).copied();
            let mainline = &self.history.commits[..self.landed];
            let before = mainline.partition_point(|commit| commit.committed <= release.at);
            let last = before.checked_sub(1).map(|row| CommitIx(row as u32));
            let Some(commit) = named.or(last) else { continue };
            let name = release_name::parse(&release.tag).map(|mut name| {
                name.prerelease |= release.prerelease;
                name
            });
            self.history.tags.push(Tag {
                name: release.tag.clone(),
                commit,
                at: release.at,
                annotated: true,
                release: name,
            });
        }
    }

    fn push(&mut self, commit: Commit, parent: Option<CommitIx>) -> CommitIx {
        let ix = CommitIx(self.history.commits.len() as u32);
        let start = self.history.parent_pool.len() as u32;
        self.history.parent_pool.extend(parent);
        let parents = ParentSpan { start, len: u32::from(parent.is_some()) };
        self.rows.insert(commit.id, ix);
        self.history.commits.push(Commit { parents, ..commit });
        ix
    }

    /// The id that is named, unless it is of another commit; else one made from `key`.
    fn id(&self, named: Option<CommitId>, key: impl FnOnce() -> String) -> CommitId {
        let named = named.filter(|id| !self.rows.contains_key(id));
        named.unwrap_or_else(|| {
            let mut bytes = [0; 20];
            bytes.copy_from_slice(&Sha256::digest(key().as_bytes())[..20]);
            CommitId::Sha1(bytes)
        })
    }

    /// The person with a login; logins do not differ in case alone.
    fn person(&mut self, login: &str) -> PersonIx {
        if let Some(known) = self.people.get(login) {
            return *known;
        }
        let email = login.to_lowercase();
        let known = self.people.get(&email).copied();
        let ix = known.unwrap_or_else(|| {
            let person = Person { name: login.to_owned(), email: email.clone() };
            self.history.people.push(person);
            PersonIx(self.history.people.len() as u32 - 1)
        });
        self.people.insert(email, ix);
        self.people.insert(login.to_owned(), ix);
        ix
    }

    /// The author of a request, with what its title, text and branch say of tools.
    fn author(&mut self, request: &Request) -> Author {
        let Some((_, state)) = &request.state else {
            return Author { person: self.person(""), attribution: Attribution::default() };
        };
        let attribution = with_tools(state.author_class, &state.ai_tools);
        Author { person: self.person(&state.author), attribution }
    }

    /// Whoever made a commit of a request. A program that pushed to it is told apart; people are
    /// not, because commits name them in other ways than the forge does.
    fn worker(&mut self, made: &RequestCommit, request: &Request, author: Author) -> Author {
        let login = request.state.as_ref().map_or("", |(_, state)| state.author.as_str());
        let class = if made.author.is_empty() || made.author == login {
            author.attribution.author
        } else {
            let own = Identity { name: made.author.as_bytes(), email: made.email.as_bytes() };
            attribute(own, own, b"").author
        };
        let attribution = with_tools(class, &made.ai_tools);
        if class == author.attribution.author {
            Author { attribution, ..author }
        } else {
            Author { person: self.person(&made.author), attribution }
        }
    }
}

/// A commit without id, place and message.
fn commit(author: Author, authored: Timestamp, committed: Timestamp) -> Commit {
    Commit {
        id: CommitId::Sha1([0; 20]),
        parents: ParentSpan::default(),
        author: author.person,
        committer: author.person,
        authored,
        committed,
        author_offset: OffsetMinutes(0),
        attribution: author.attribution,
        title: 0,
        mention: None,
        links: None,
    }
}

/// Evidence by the names of tools, as [`AiTool::name`] gives them.
fn with_tools(author: AuthorClass, names: &[String]) -> Attribution {
    let mut tools = ToolSet::NONE;
    for name in names {
        let known = AiTool::ALL.into_iter().find(|tool| tool.name() == name);
        tools.insert(known.unwrap_or(AiTool::Other));
    }
    Attribution { author, tools, trailed: !tools.is_empty(), ..Attribution::default() }
}

/// When a request was begun, as far as anything says so.
fn begun(request: &Request) -> Option<Timestamp> {
    let first = request.commits.iter().map(|commit| commit.authored).min();
    let looked = request.state.as_ref().map(|(at, _)| *at);
    let merged = request.merged.as_ref().map(|merge| merge.at);
    let closed = request.closed.first().copied();
    first.into_iter().chain(request.opened).min().or(looked).or(merged).or(closed)
}

/// The last push before the merge.
fn last_push(request: &Request) -> Option<Timestamp> {
    let merged = request.merged.as_ref().map(|merge| merge.at);
    let before = |at: &Timestamp| merged.is_none_or(|merged| *at <= merged);
    request.pushes.iter().map(|(at, _)| *at).filter(before).max()
}

/// What the title of a request says, and what was found in its text.
fn facts(request: &Request) -> MessageFacts {
    let (repository, number) = numbered(&request.key).unwrap_or_default();
    let state = request.state.as_ref().map(|(_, state)| state);
    let mut facts = message::parse(state.map_or(&[][..], |state| state.title.as_bytes()));
    facts.mention =
        u32::try_from(number).ok().map(|number| RequestMention { number, by: MentionForm::Suffix });
    let mut links = facts.links.take().unwrap_or_default();
    for named in state.map_or(&[][..], |state| &state.reverts) {
        let reference = reference(named, repository);
        let own = reference.as_ref().is_some_and(
            |found| matches!(found, Reference::Request(other) if u64::from(*other) == number),
        );
        if let Some(reference) = reference.filter(|found| !own && !links.reverts.contains(found)) {
            links.reverts.push(reference);
        }
    }
    // The strongest first.
    links.reverts.sort_by_key(|reference| match reference {
        Reference::Commit(_) => 0,
        Reference::Request(_) => 1,
        Reference::Title(_) => 2,
    });
    let titled = |mention: &&Mention| mention.form == LinkForm::Title;
    for mention in state.map_or(&[][..], |state| &state.mentions).iter().filter(titled) {
        if !links.tickets.contains(&mention.ticket) {
            links.tickets.push(mention.ticket.clone());
        }
    }
    facts.links = (*links != MessageLinks::default()).then_some(links);
    facts
}

/// A request of the same repository, or a commit.
fn reference(named: &str, repository: &str) -> Option<Reference> {
    if let Some((elsewhere, number)) = numbered(named) {
        let here = elsewhere.is_empty() || elsewhere == repository;
        return u32::try_from(number).ok().filter(|_| here).map(Reference::Request);
    }
    let is_id = (7..=64).contains(&named.len()) && named.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| Reference::Commit(named.to_ascii_lowercase()))
}
