use tl_core::attribution::Cohort;
use tl_core::delivery::Merge;
use tl_core::fact::ChangeState;

use super::*;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_225_600 + hours * 3600)
}

fn opened(number: u64, hours: i64, title: &str) -> Request {
    let state = ChangeState {
        number,
        title: title.to_owned(),
        author: "ana".to_owned(),
        base: "main".to_owned(),
        ..ChangeState::default()
    };
    Request {
        key: format!("acme/api#{number}"),
        opened: Some(at(hours)),
        state: Some((at(hours), state)),
        commits: vec![made(number, hours - 1)],
        ..Request::default()
    }
}

fn made(number: u64, hours: i64) -> RequestCommit {
    RequestCommit {
        authored: at(hours),
        id: format!("{number:039x}c"),
        committed: None,
        author: "Ana".to_owned(),
        email: "ana@example.org".to_owned(),
        ai_tools: Vec::new(),
    }
}

fn merged(number: u64, hours: i64, merge: i64, title: &str) -> Request {
    let landed = Merge {
        at: at(merge),
        commit: format!("{number:039x}a"),
        base: "main".to_owned(),
        by: "bo".to_owned(),
    };
    Request { merged: Some(landed), ..opened(number, hours, title) }
}

fn history(requests: &mut [Request], releases: &[Release]) -> History {
    requests.sort_by(|a, b| a.key.cmp(&b.key));
    requested_history("acme/api", requests, releases, None)
}

fn numbers(history: &History) -> Vec<u32> {
    let mentions = history.mainline().into_iter().map(|ix| history.commit(ix).mention);
    mentions.map(|mention| mention.unwrap().number).collect()
}

#[test]
fn the_mainline_is_the_merged_requests_in_the_order_of_their_merges() {
    let mut other = merged(4, 0, 9, "in another repository");
    other.key = "acme/web#4".to_owned();
    let mut backport = merged(5, 0, 3, "to another branch");
    backport.merged.as_mut().unwrap().base = "release/1".to_owned();
    let mut requests = [
        merged(10, 0, 8, "last"),
        merged(2, 0, 5, "first"),
        merged(3, 1, 6, "second"),
        opened(7, 2, "still open"),
        backport,
        other,
    ];
    let history = history(&mut requests, &[]);
    assert_eq!((history.branch.as_str(), history.repository.as_str()), ("main", "acme/api"));
    assert_eq!(numbers(&history), [2, 3, 10]);
    let first = history.commit(history.mainline()[0]);
    assert_eq!(first.id.to_string(), format!("{:039x}a", 2));
    assert_eq!((first.authored, first.committed), (at(5), at(5)));
    let name = |person: PersonIx| history.people[person.row()].email.as_str();
    assert_eq!((name(first.author), name(first.committer)), ("ana", "bo"));
    let heads: Vec<u32> = history.requests.iter().map(|head| head.number).collect();
    assert_eq!(heads, [2, 3, 10, 5, 7], "a head for each request, merged there or not");
}

#[test]
fn the_commits_of_a_request_stand_off_the_mainline_where_it_was_begun() {
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 3, 4, "b"), opened(3, 5, "c")];
    requests[1].pushes = vec![(at(3), String::new()), (at(9), "after the merge".to_owned())];
    let history = history(&mut requests, &[]);
    let head = |row: usize| history.requests[row].commit;
    let mainline = history.mainline();
    assert!(!mainline.contains(&head(1)));
    assert_eq!(history.parents(head(1)), [mainline[0]]);
    assert_eq!(history.commit(head(1)).committed, at(3));
    assert_eq!(history.parents(head(2)), [mainline[1]]);
    assert_eq!(history.commit(head(2)).authored, at(4));
}

#[test]
fn a_request_that_was_fast_forwarded_has_no_commit_twice() {
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 1, 3, "same commit again")];
    requests[0].commits[0].id = format!("{:039x}a", 1);
    requests[1].merged.as_mut().unwrap().commit = format!("{:039x}a", 1);
    let history = history(&mut requests, &[]);
    assert_eq!(numbers(&history), [1, 2]);
    let mut ids: Vec<CommitId> = history.commits.iter().map(|commit| commit.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), history.commits.len());
}

#[test]
fn a_request_of_which_only_the_merge_is_known_is_a_change_all_the_same() {
    let merge = Merge { at: at(5), ..Merge::default() };
    let bare = || Request { merged: Some(merge.clone()), ..Request::default() };
    let mut requests = [
        Request { key: "acme/api#1".to_owned(), ..bare() },
        Request { key: "acme/api#2".to_owned(), ..bare() },
        Request { key: "acme/api#no-number".to_owned(), closed: vec![at(1)], ..Request::default() },
    ];
    let history = history(&mut requests, &[]);
    assert_eq!(numbers(&history), [1, 2]);
    assert_eq!(history.branch, "");
    assert!(history.requests.is_empty());
}

#[test]
fn a_request_that_was_never_merged_is_there_even_without_commits() {
    let mut abandoned = opened(1, 1, "x");
    abandoned.commits.clear();
    let history = history(&mut [abandoned], &[]);
    assert_eq!((history.head, history.commits.len()), (None, 1));
    assert_eq!(history.commits[0].authored, at(1));
}

#[test]
fn tools_of_the_request_and_of_its_commits_are_evidence() {
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 1, 3, "b"), merged(3, 1, 4, "c")];
    requests[0].commits[0].ai_tools = vec!["Claude".to_owned()];
    let state = &mut requests[1].state.as_mut().unwrap().1;
    (state.author, state.author_class) = ("Copilot".to_owned(), AuthorClass::Agent);
    state.ai_tools = vec!["Copilot".to_owned()];
    let history = history(&mut requests, &[]);
    let mainline = history.mainline().into_iter();
    let cohorts: Vec<Cohort> = mainline.map(|ix| history.commit(ix).attribution.cohort()).collect();
    assert_eq!(cohorts, [Cohort::AiAssisted, Cohort::AgentAuthored, Cohort::NoEvidence]);
}

#[test]
fn a_revert_is_known_by_its_text_or_its_title() {
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 1, 3, "Revert \"a\"")];
    let state = &mut requests[1].state.as_mut().unwrap().1;
    let id = "C0FFEE0000000000000000000000000000000000";
    let named = ["acme/api#1", "acme/api#2", "acme/web#1", id, "nothing"];
    state.reverts = named.map(str::to_owned).to_vec();
    let history = history(&mut requests, &[]);
    let links = history.commit(history.head.unwrap()).links.as_ref().unwrap();
    let title = history.commit(history.mainline()[0]).title;
    assert_eq!(
        links.reverts,
        [Reference::Commit(id.to_lowercase()), Reference::Request(1), Reference::Title(title)]
    );
}

#[test]
fn a_release_holds_what_was_merged_before_it() {
    let release = |tag: &str, hours, commit: &str| Release {
        key: format!("acme/api@{tag}"),
        repository: "acme/api".to_owned(),
        tag: tag.to_owned(),
        at: at(hours),
        commit: commit.to_owned(),
        prerelease: tag == "v1.1.0",
    };
    let first = format!("{:039x}a", 1);
    let releases = [
        release("v0.9.0", 0, ""),
        release("v1.0.0", 9, &first),
        release("v1.1.0", 9, "of a commit that is not known"),
    ];
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 1, 3, "b")];
    let history = history(&mut requests, &releases);
    let mainline = history.mainline();
    let tags: Vec<(&str, CommitIx, bool)> = history
        .tags
        .iter()
        .map(|tag| (tag.name.as_str(), tag.commit, tag.release.as_ref().unwrap().prerelease))
        .collect();
    assert_eq!(tags, [("v1.0.0", mainline[0], false), ("v1.1.0", mainline[1], true)]);
}

#[test]
fn the_branch_is_the_one_that_was_asked_for() {
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 1, 3, "b"), merged(3, 1, 4, "c")];
    requests[2].merged.as_mut().unwrap().base = "release/1".to_owned();
    let history = requested_history("acme/api", &requests, &[], Some("release/1"));
    assert_eq!((numbers(&history), history.branch.as_str()), (vec![3], "release/1"));
}

#[test]
fn a_login_is_one_person_however_it_is_written() {
    let mut requests = [merged(1, 1, 2, "a"), merged(2, 1, 3, "b")];
    requests[1].state.as_mut().unwrap().1.author = "Ana".to_owned();
    let history = history(&mut requests, &[]);
    let authors: Vec<PersonIx> =
        history.mainline().into_iter().map(|ix| history.commit(ix).author).collect();
    assert_eq!(authors[0], authors[1]);
}
