use tl_core::delivery::{Merge, RequestCommit, Ticket, TicketMove};
use tl_core::fact::{ChangeState, Mention};

use super::*;
use crate::journey::Mark;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_seconds(hour * 3600)
}

fn ticket(key: &str, opened: i64, moves: &[(i64, &str)]) -> Ticket {
    Ticket {
        key: key.to_owned(),
        opened: Some(at(opened)),
        moves: moves
            .iter()
            .map(|(hour, to)| TicketMove {
                at: at(*hour),
                from: String::new(),
                to: (*to).to_owned(),
                from_category: None,
                to_category: None,
            })
            .collect(),
        ..Ticket::default()
    }
}

fn request(mentions: &[(LinkForm, &str)]) -> Request {
    let mentions = mentions
        .iter()
        .map(|(form, ticket)| Mention { form: *form, ticket: (*ticket).to_owned() })
        .collect();
    Request {
        key: "acme/api#12".to_owned(),
        opened: Some(at(30)),
        state: Some((at(30), ChangeState { mentions, ..ChangeState::default() })),
        merged: Some(Merge { at: at(50), commit: "c1".to_owned(), ..Merge::default() }),
        commits: vec![RequestCommit {
            authored: at(20),
            id: "c0".to_owned(),
            committed: None,
            author: "ana".to_owned(),
            email: String::new(),
            ai_tools: Vec::new(),
        }],
        ..Request::default()
    }
}

fn told(delivery: &Delivery) -> (Marks, Told) {
    let collected = Collected::new(delivery);
    let mut marks = Marks::default();
    marks.apply(Mark { boundary: Boundary::Merged, at: at(50) });
    let request = delivery.requests.first();
    let options = CollectedOptions::default();
    let told = collected.tell(&mut marks, request, &GitMentions::default(), &options, at(100));
    (marks, told)
}

#[test]
fn an_explicit_link_wins_over_a_mention_of_an_older_ticket() {
    let mut linked = ticket("ABC-2", 10, &[(15, "In Progress")]);
    linked.links.push(Link {
        form: LinkForm::Explicit,
        change: "acme/api#12".to_owned(),
        commit: String::new(),
    });
    let delivery = Delivery {
        tickets: vec![ticket("ABC-1", 1, &[]), linked],
        requests: vec![request(&[(LinkForm::Title, "ABC-1")])],
        ..Delivery::default()
    };
    let (marks, told) = told(&delivery);
    assert_eq!(told.ticket, Some((1, LinkForm::Explicit)));
    assert_eq!(marks.get(Boundary::TicketOpened), Some(at(10)));
    assert_eq!(marks.get(Boundary::WorkStarted), Some(at(15)));
    assert_eq!(marks.get(Boundary::FirstCommit), Some(at(20)));
}

#[test]
fn a_ticket_opened_after_the_merge_is_no_reason_for_the_change() {
    let delivery = Delivery {
        tickets: vec![ticket("ABC-1", 60, &[])],
        requests: vec![request(&[(LinkForm::Title, "ABC-1")])],
        ..Delivery::default()
    };
    let (marks, told) = told(&delivery);
    assert_eq!(told.ticket, None);
    assert_eq!(
        marks.get(Boundary::WorkStarted),
        Some(at(20)),
        "work started with the first commit"
    );
}

#[test]
fn what_looks_like_a_key_and_is_no_ticket_links_nothing() {
    let delivery =
        Delivery { requests: vec![request(&[(LinkForm::Body, "UTF-8")])], ..Delivery::default() };
    assert_eq!(told(&delivery).1.ticket, None);
}

#[test]
fn statuses_mean_what_the_team_says_first() {
    let mut options = CollectedOptions::default();
    let means = |name: &str, category, options: &CollectedOptions| {
        meaning("ABC-1", name, category, options)
    };
    assert_eq!(means("In Review", Some(StatusCategory::Doing), &options), StatusMeaning::Queue);
    assert_eq!(means("In Progress", None, &options), StatusMeaning::Active);
    assert_eq!(means("On hold", None, &options), StatusMeaning::Blocked);
    assert_eq!(means("Selected for Development", None, &options), StatusMeaning::Backlog);
    assert_eq!(means("Resolved", None, &options), StatusMeaning::Done);
    assert_eq!(means("Unresolved", None, &options), StatusMeaning::Active);
    assert_eq!(means("Not done", None, &options), StatusMeaning::Active);
    assert_eq!(means("Ready to be released", None, &options), StatusMeaning::Queue);
    assert_eq!(means("Unblocked", None, &options), StatusMeaning::Active);
    assert_eq!(means("Run blocked", None, &options), StatusMeaning::Blocked);
    assert_eq!(means("Untriaged", None, &options), StatusMeaning::Backlog);
    assert_eq!(means("Reopened", None, &options), StatusMeaning::Backlog);
    let rule = |project: Option<&str>, meaning| crate::options::StatusRule {
        project: project.map(str::to_owned),
        status: "in review".to_owned(),
        meaning,
    };
    options.statuses =
        vec![rule(None, StatusMeaning::Active), rule(Some("abc"), StatusMeaning::Done)];
    assert_eq!(means("In Review", None, &options), StatusMeaning::Done);
    assert_eq!(meaning("XYZ-1", "In Review", None, &options), StatusMeaning::Active);
}

#[test]
fn a_ledger_of_deployments_or_uses_alone_is_not_empty() {
    use tl_core::delivery::{Deployment, Usage};

    let nothing = Delivery::default();
    let of = |records, uses| {
        let (tickets, builds) = (TicketRows::default(), BuildRows::default());
        Collected::of_rows(&nothing, (records, uses), tickets, builds).unwrap()
    };
    let deployed = || Records::of(&[Deployment::default()]);
    assert!(of(Records::default(), Uses::default()).is_empty());
    assert!(!of(deployed(), Uses::default()).is_empty());
    assert!(!of(Records::default(), Uses::of(&[Usage::default()])).is_empty());
}
