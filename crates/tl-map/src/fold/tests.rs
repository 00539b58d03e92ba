use proptest::prelude::*;
use serde_json::json;
use tl_core::delivery::{Build, CommitBuilds, ManualStep, Merge, Request, Ticket, TicketMove};
use tl_core::event::Event;
use tl_core::fact::{
    BuildState, ChangeState, DeployState, Outcome, ReviewGiven, ReviewVerdict, StatusMove,
    TicketState,
};
use tl_core::time::Timestamp;

use super::*;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + minutes * 60_000)
}

fn event(kind: &str, minutes: i64, subject: &str) -> Event {
    let key = format!("{kind} {minutes} {subject}");
    Event::new(kind, at(minutes), "test", &key, subject)
}

/// Four small numbers decide what an event says: few enough things, instants and words that events
/// meet, contradict each other and come twice.
fn drawn((kind, minutes, thing, word): (usize, i64, u8, u8)) -> Event {
    let kind = kind::ALL[kind];
    let words = ["", "a", "b", "a longer one"];
    let said = words[usize::from(word)];
    let outcomes = ["unknown", "success", "failure", "timed-out"];
    let verdicts = ["commented", "approved", "changes-requested", "dismissed"];
    let categories = [json!(null), json!("todo"), json!("doing"), json!("done")];
    let commit = format!("{word:040}");
    let subject = match kind.split_once('.').unwrap().0 {
        "ci" => format!("build:{thing}"),
        "step" => "step:x".to_owned(),
        "deploy" => format!("deployment:{thing}"),
        other => format!("{other}:{thing}"),
    };
    let mut event = event(kind, minutes, &subject).by(said);
    event.key = format!("{kind} {minutes} {thing} {word}");
    event.data = json!({
        "title": said, "class": said, "labels": [said], "points": f64::from(word) / 4.0,
        "from": said, "to": said, "to_category": categories[usize::from(word)],
        "resolution": said, "form": "explicit", "added": word > 1, "name": said, "board": said,
        "number": thing, "author": said, "draft": word == 1, "reviewer": said,
        "verdict": verdicts[usize::from(word)], "committed": minutes, "email": said,
        "ai_tools": [said], "base": said, "pipeline": said, "job": said, "attempt": word / 2,
        "outcome": outcomes[usize::from(word)], "manual": word == 2, "suite": said,
        "tests": word, "seconds": f64::from(word) / 2.0, "version": said,
        "production": word == 3, "rollback": word == 1, "commits": [said], "tag": said,
        "prerelease": word > 2, "severity": said, "tool": said, "tokens": word,
        "question": said, "score": f64::from(word) / 2.0, "trigger": said,
    });
    if kind.starts_with("ai.") {
        event.data["commits"] = json!(word);
    }
    if kind.starts_with("step.") && word > 1 {
        event = event.about(role::DEPLOYMENT, thing.to_string());
    }
    event
        .about(role::COMMIT, if word == 3 { String::new() } else { commit })
        .about(role::CHANGE, said)
        .about(role::ITERATION, thing.to_string())
        .about(role::SERVICE, said)
        .about(role::ENVIRONMENT, said)
        .about(role::REPOSITORY, said)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0..kind::ALL.len(), 0..6_i64, 0..2_u8, 0..4_u8).prop_map(drawn);
    proptest::collection::vec(one, 0..60)
}

/// What `all` gives, through stored rows: events come in two parts, the second finds the rows
/// that the first left.
fn through_rows(parts: [&[Event]; 2]) -> Delivery {
    let mut rows: BTreeMap<(Table, String), Vec<u8>> = BTreeMap::new();
    for part in parts {
        let mut by_thing: BTreeMap<(Table, String), Vec<&Event>> = BTreeMap::new();
        for event in part {
            if let Concern::Thing(table, key) = concern(event) {
                by_thing.entry((table, key.into_owned())).or_default().push(event);
            }
        }
        for ((table, key), events) in by_thing {
            let id = (table, key);
            let stored = rows.get(&id).map(Vec::as_slice);
            let folded = fold_row(table, &id.1, stored, events).unwrap();
            assert_eq!(folded.unreadable, 0);
            rows.insert(id, folded.row.unwrap());
        }
    }
    delivery(rows.into_iter().map(|((table, _), row)| Entity::decode(table, &row).unwrap()))
}

proptest! {
    /// The order in which events arrive leaves no trace, and neither does an event that came twice.
    #[test]
    fn only_the_set_of_events_matters(
        (events, shuffled) in events().prop_flat_map(|events| {
            let twice: Vec<Event> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert_eq!(all(&shuffled), all(&events));
    }

    /// A fold that stopped anywhere, stored its rows and went on gives what one that never stopped
    /// gives.
    #[test]
    fn a_fold_can_stop_anywhere(events in events(), split in 0..60_usize) {
        let (before, after) = events.split_at(split.min(events.len()));
        let whole = all(&events);
        prop_assert_eq!(&through_rows([before, after]), &whole);
        prop_assert_eq!(&through_rows([&events, &events]), &whole);
    }

    /// Rows are read by the time of what they tell of, so none may tell of something later.
    #[test]
    fn the_activity_of_a_thing_is_the_instant_of_one_of_its_events(events in events()) {
        let mut latest: BTreeMap<(Table, String), Timestamp> = BTreeMap::new();
        for event in &events {
            if let Concern::Thing(table, key) = concern(event) {
                let known = latest.entry((table, key.into_owned())).or_insert(event.at);
                *known = event.at.max(*known);
            }
        }
        for ((table, key), last) in latest {
            let of = |event: &&Event| concern(event) == Concern::Thing(table, key.as_str().into());
            let folded = fold_row(table, &key, None, events.iter().filter(of)).unwrap();
            prop_assert!(folded.activity.unwrap_or(i64::MIN) <= last.as_millis());
        }
    }
}

#[test]
fn every_kind_of_event_concerns_a_thing() {
    for index in 0..kind::ALL.len() {
        let event = drawn((index, 0, 1, 1));
        let apart = ["agent.", "guard.", "gate.", "server.", "tests.recorded"];
        if apart.iter().any(|kind| event.kind.starts_with(kind)) {
            // What agents may do, what was found of them, what gates know and what was done to the
            // server: nothing of it is delivered.
            assert_eq!(concern(&event), Concern::Other);
            continue;
        }
        assert!(matches!(concern(&event), Concern::Thing(..)), "{}", event.kind);
        assert!(!all([&event]).requests.is_empty() || !event.kind.starts_with("change."));
    }
}

#[test]
fn an_event_that_does_not_name_its_thing_says_what_is_missing() {
    let run = event(kind::CI_FINISHED, 0, "build:7");
    assert_eq!(concern(&run), Concern::Lacks(role::COMMIT));
    let nameless = event(kind::CI_FINISHED, 0, "").about(role::COMMIT, "c0ffee");
    assert_eq!(concern(&nameless), Concern::Lacks(role::BUILD));
    assert_eq!(concern(&event("gate.decided", 0, "change:acme/api#1")), Concern::Other);
    let by_reference =
        event(kind::TICKET_LINKED, 0, "change:acme/api#1").about(role::TICKET, "A-1");
    assert_eq!(concern(&by_reference), Concern::Thing(Table::Ticket, "A-1".into()));
}

#[test]
fn a_request_keeps_its_whole_course() {
    let subject = "change:acme/api#12";
    let look = |minutes, kind, title: &str| {
        let state = ChangeState { number: 12, title: title.to_owned(), ..ChangeState::default() };
        event(kind, minutes, subject).with(&state)
    };
    let approved = ReviewGiven { verdict: ReviewVerdict::Approved, ..ReviewGiven::default() };
    let merge = |minutes| event(kind::CHANGE_MERGED, minutes, subject).by("cy");
    let events = [
        merge(50).about(role::COMMIT, "c0ffee"),
        merge(55),
        look(0, kind::CHANGE_OPENED, "first"),
        look(40, kind::CHANGE_UPDATED, "last"),
        look(20, kind::CHANGE_UPDATED, "between"),
        event(kind::CHANGE_REVIEW, 45, subject).by("bo").with(&approved),
        event(kind::CHANGE_READY, 10, subject),
    ];
    let delivery = all(&events);
    let [request] = delivery.requests.as_slice() else { panic!("{delivery:?}") };
    assert_eq!((request.key.as_str(), request.opened), ("acme/api#12", Some(at(0))));
    assert_eq!(request.state.as_ref().map(|(_, state)| state.title.as_str()), Some("last"));
    assert_eq!(request.drafts, [(at(10), true)]);
    assert_eq!(request.reviews[0].reviewer, "bo");
    let merged = request.merged.as_ref().unwrap();
    assert_eq!((merged.at, merged.commit.as_str(), merged.by.as_str()), (at(50), "c0ffee", "cy"));
}

/// A forge stamps a request that was never touched with the same instant twice.
#[test]
fn of_two_looks_at_the_same_instant_the_one_that_says_more_stands() {
    let bare = ChangeState { number: 1, ..ChangeState::default() };
    let full = ChangeState { labels: vec!["bug".to_owned()], ..bare.clone() };
    let opened = event(kind::CHANGE_OPENED, 0, "change:r#1").with(&bare);
    let updated = event(kind::CHANGE_UPDATED, 0, "change:r#1").with(&full);
    let state = Some((at(0), full));
    assert_eq!(all([&opened, &updated]).requests[0].state, state);
    assert_eq!(all([&updated, &opened]).requests[0].state, state);
}

#[test]
fn attempts_of_a_run_stay_apart() {
    let run = |kind, minutes, attempt, outcome| {
        let state = BuildState { attempt, outcome, ..BuildState::default() };
        event(kind, minutes, "build:7").with(&state).about(role::COMMIT, "c0ffee")
    };
    let events = [
        run(kind::CI_FINISHED, 9, 1, Outcome::Failure),
        run(kind::CI_QUEUED, 1, 0, Outcome::Unknown),
        run(kind::CI_STARTED, 3, 1, Outcome::Unknown),
        run(kind::CI_FINISHED, 29, 2, Outcome::Success),
        run(kind::CI_QUEUED, 20, 2, Outcome::Unknown),
    ];
    let delivery = all(&events);
    let [first, second] = delivery.builds[0].builds.as_slice() else { panic!("{delivery:?}") };
    let spans = |build: &tl_core::delivery::Build| (build.queued, build.started, build.finished);
    assert_eq!((first.attempt, first.outcome), (1, Outcome::Failure));
    assert_eq!(spans(first), (Some(at(1)), Some(at(3)), Some(at(9))));
    assert_eq!((second.attempt, second.outcome), (2, Outcome::Success));
    assert_eq!(spans(second), (Some(at(20)), None, Some(at(29))));
}

#[test]
fn a_deployment_ends_as_its_last_end_says_and_was_started_by_its_first_actor() {
    let deploy = |kind, minutes, actor, outcome| {
        let state = DeployState { outcome, ..DeployState::default() };
        event(kind, minutes, "deployment:7").by(actor).with(&state)
    };
    let events = [
        deploy(kind::DEPLOY_FINISHED, 9, "robot", Outcome::Success),
        deploy(kind::DEPLOY_FINISHED, 12, "robot", Outcome::Failure),
        deploy(kind::DEPLOY_STARTED, 5, "ana", Outcome::Unknown),
    ];
    let deployment = &all(&events).deployments[0];
    assert_eq!((deployment.started, deployment.finished), (Some(at(5)), Some(at(12))));
    assert_eq!((deployment.outcome, deployment.actor.as_str()), (Outcome::Failure, "ana"));
}

#[test]
fn a_move_that_two_sources_tell_is_one_move() {
    let told = |source: &str, category| {
        let told = StatusMove {
            from: "Open".to_owned(),
            to: "In Progress".to_owned(),
            to_category: category,
            ..StatusMove::default()
        };
        Event::new(kind::TICKET_STATUS, at(3), source, "k", "ticket:A-1").with(&told)
    };
    let doing = Some(tl_core::fact::StatusCategory::Doing);
    let ticket = &all(&[told("webhook", None), told("export", doing)]).tickets[0];
    assert_eq!(ticket.moves.len(), 1);
    assert_eq!(ticket.moves[0].to_category, doing);
}

#[test]
fn a_payload_that_cannot_be_read_changes_nothing_and_is_counted() {
    let mut broken = event(kind::TICKET_OPENED, 0, "ticket:A-1");
    broken.data = json!({ "labels": "not a list" });
    let folded = fold_row(Table::Ticket, "A-1", None, [&broken]).unwrap();
    assert_eq!(folded, Folded { unreadable: 1, ..Folded::default() });
    assert!(all([&broken]).is_empty());
    let good = event(kind::TICKET_OPENED, 5, "ticket:A-1").with(&TicketState::default());
    let stored = fold_row(Table::Ticket, "A-1", None, [&good]).unwrap();
    let again = fold_row(Table::Ticket, "A-1", stored.row.as_deref(), [&broken]).unwrap();
    assert_eq!((again.row, again.unreadable), (stored.row, 1));
}

#[test]
fn a_row_of_another_version_is_refused() {
    let row = Entity::new(Table::Ticket, "A-1").encode();
    assert!(Entity::decode(Table::Ticket, &row).is_ok());
    let mut newer = row.clone();
    newer[0] += 1;
    let refused = Entity::decode(Table::Ticket, &newer);
    assert!(matches!(refused, Err(RowError::Version { found }) if found == ROW_VERSION + 1));
    assert!(matches!(Entity::decode(Table::Ticket, &[]), Err(RowError::Version { found: 0 })));
    assert!(matches!(Entity::decode(Table::Ticket, &row[..3]), Err(RowError::Damaged(_))));
}

#[test]
fn a_row_gives_back_every_id_as_it_was_also_what_is_none() {
    let sha = "26a9dd4b2125bc271b47855e1fa0c49af3365db5";
    let upper = sha.to_uppercase();
    let ids = ["", sha, &sha.repeat(2)[..64], &sha[..39], &upper, "r4711", "\u{1}", "é"];
    for id in ids {
        let state = ChangeState {
            number: 12,
            head: id.to_owned(),
            base_head: id.to_owned(),
            labels: vec!["hotfix".to_owned()],
            additions: Some(7),
            url: "https://example.org/12".to_owned(),
            ..ChangeState::default()
        };
        let merge = Merge { at: at(9), commit: id.to_owned(), ..Merge::default() };
        let request = Request {
            key: "acme/api#12".to_owned(),
            state: Some((at(3), state)),
            pushes: vec![(at(4), id.to_owned()), (at(5), String::new())],
            merged: Some(merge),
            ..Request::default()
        };
        let entity = Entity::Request(Box::new(request));
        assert_eq!(Entity::decode(Table::Request, &entity.encode()).unwrap(), entity, "{id}");
    }
}

#[test]
fn a_shelf_gives_each_repository_its_requests_in_the_order_of_their_keys() {
    let request = |key: &str, hour: i64| Request {
        key: key.to_owned(),
        opened: Some(at(hour)),
        ..Request::default()
    };
    let ours = [request("b#2", 1), request("a#10", 2), request("a#9", 3), request("x", 4)];
    let mut shelf = Shelf::of(&ours);
    shelf.join(Shelf::of(&[request("a#9", 5), request("a#1", 6)]));
    assert_eq!(shelf.repositories().count(), 2, "what has no number is of no repository");
    let told: Vec<String> = shelf
        .into_shelved()
        .into_iter()
        .flat_map(|(name, shelved)| {
            let told = move |one: Request| {
                let minutes = one.opened.unwrap().as_millis() / 60_000 % 60;
                format!("{name}: {} {minutes}", one.key)
            };
            shelved.requests().unwrap().into_iter().map(told)
        })
        .collect();
    assert_eq!(told, [": x 4", "a: a#1 6", "a: a#10 2", "a: a#9 3", "b: b#2 1"]);
}

#[test]
fn packed_things_are_found_by_their_keys_as_whole_ones_are() {
    let sha = "26a9dd4b2125bc271b47855e1fa0c49af3365db5";
    let ids = ["r4711", sha, &sha.to_uppercase(), "", &sha[..39]];
    let builds = ids.map(|id| CommitBuilds {
        commit: id.to_owned(),
        steps: vec![ManualStep { name: id.to_owned(), ..ManualStep::default() }],
        ..CommitBuilds::default()
    });
    let mut rows = BuildRows::default();
    builds.iter().for_each(|one| rows.add(one).unwrap());
    rows.add(&CommitBuilds { commit: sha.to_owned(), ..CommitBuilds::default() }).unwrap();
    assert!(rows.add_row(sha, b"no row").is_err());
    let packed = Builds::of_rows(rows);
    assert_eq!(packed.len(), ids.len(), "of two rows of one commit the first counts");
    for one in &builds {
        let row = packed.row(&one.commit).unwrap();
        assert_eq!(packed.commit(row), one.commit);
        assert_eq!(packed.get(row).steps, one.steps);
    }
    assert_eq!(packed.row("r47"), None);
    let order = packed.ask(|row, _| Some(packed.commit(row)));
    assert!(order.is_sorted());

    let ticket = |key: &str| Ticket { key: key.to_owned(), ..Ticket::default() };
    let mut rows = TicketRows::default();
    ["B-2", "A-1"].iter().for_each(|key| rows.add(&ticket(key)).unwrap());
    assert!(rows.add_row("A-1", b"no row").is_err());
    let mut other = TicketRows::default();
    ["A-9", "A-1"].iter().for_each(|key| other.add(&ticket(key)).unwrap());
    rows.join(&other);
    let (tickets, _) = Tickets::of_rows(rows).unwrap();
    assert_eq!(
        ["A-1", "A-9", "B-2", "C-3"].map(|key| tickets.row(key)),
        [Some(0), Some(1), Some(2), None]
    );
}

#[test]
fn what_two_ledgers_name_differently_by_number_keeps_its_names() {
    let at = Timestamp::from_seconds;
    let ticket = |key: &str, status: &str| Ticket {
        key: key.to_owned(),
        moves: vec![TicketMove {
            at: at(1),
            from: "New".to_owned(),
            to: status.to_owned(),
            from_category: None,
            to_category: None,
        }],
        iterations: vec![(at(1), format!("of {key}"), true)],
        ..Ticket::default()
    };
    let ci = |commit: &str, name: &str| CommitBuilds {
        commit: commit.to_owned(),
        builds: vec![Build { name: name.to_owned(), ..Build::default() }],
        ..CommitBuilds::default()
    };
    let (tickets, builds) = ([("A-1", "Doing"), ("A-2", "Done")], [("a", "lint"), ("b", "test")]);
    let mut all = (TicketRows::default(), BuildRows::default());
    let mut other = (TicketRows::default(), BuildRows::default());
    for ((key, status), rows) in tickets.into_iter().zip([&mut all.0, &mut other.0]) {
        rows.add(&ticket(key, status)).unwrap();
    }
    for ((commit, name), rows) in builds.into_iter().zip([&mut all.1, &mut other.1]) {
        rows.add(&ci(commit, name)).unwrap();
    }
    all.0.join(&other.0);
    all.1.join(&other.1);
    all.1.add(&ci("c", "none")).unwrap();
    all.1.retain(|commit| commit != "c");
    let (told, builds) = (Tickets::of_rows(all.0).unwrap().0, Builds::of_rows(all.1));
    for (row, (key, status)) in (0..).zip(tickets) {
        assert_eq!(told.get(row), Seen::of(&ticket(key, status)));
    }
    let names = builds.ask(|_, ci| Some(ci.builds[0].name.to_owned()));
    assert_eq!(names, ["lint", "test"]);
}

#[test]
fn the_numbers_of_tables_are_for_ever() {
    let numbers: Vec<u8> = Table::ALL.into_iter().map(Table::number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(Table::from_number(3), Some(Table::Builds));
    assert_eq!(Table::from_number(0), None);
}
