//! The way of one change: ticket, work, request, reviews, merge.

use tl_core::attribution::AuthorClass;
use tl_core::event::Event;
use tl_core::fact::{
    ChangeMerged, ChangeState, CommitMade, IterationMove, LinkForm, Mention, ReviewGiven,
    ReviewRequested, ReviewVerdict, StatusCategory, StatusMove, TicketClosed, TicketState, kind,
    role,
};

use super::calendar::{DAY, HOUR, MINUTE, SECOND, minutes};
use super::people::{Rhythm, Usage};
use super::{Life, Step, event, side};

const FORGE: &str = "forge";
const TRACKER: &str = "tracker";
const TOOLS: [&str; 3] = ["Claude", "Copilot", "Cursor"];
const VERBS: [&str; 6] = ["add", "mend", "simplify", "speed up", "move", "limit"];
const NOUNS: [&str; 8] =
    ["retries", "the cache", "totals", "the import", "timeouts", "a query", "the form", "logging"];
const TODO: (&str, StatusCategory) = ("To Do", StatusCategory::Todo);
const DOING: (&str, StatusCategory) = ("In Progress", StatusCategory::Doing);
const REVIEW: (&str, StatusCategory) = ("In Review", StatusCategory::Doing);
const DONE: (&str, StatusCategory) = ("Done", StatusCategory::Done);

/// A change on its way.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) team: usize,
    pub(super) author: usize,
    pub(super) service: usize,
    /// `acme/repo-001#12`.
    pub(super) request: String,
    pub(super) ticket: Option<String>,
    pub(super) state: ChangeState,
    /// When CI of the head is green.
    pub(super) green: i64,
    pub(super) rounds: u32,
    /// A hotfix waits for nobody's working hours.
    pub(super) urgent: bool,
    /// The incident that it mends.
    pub(super) mends: Option<String>,
    /// The commit that it became.
    pub(super) landed: String,
}

impl Life {
    /// Somebody needs something: a change of a team, to be begun when its time comes.
    pub(super) fn wanted(&mut self, at: i64, team: usize) {
        let id = self.new_change(team);
        let with_ticket = self.chance.happens(0.7);
        if with_ticket {
            self.next_ticket += 1;
            let key = format!("{}-{}", self.structure.teams[team].project, self.next_ticket);
            self.change(id).ticket = Some(key);
            self.then(at, Step::Ticket(id));
        } else {
            let work = self.structure.teams[team].work;
            self.then(work.next(at), Step::Begin(id));
        }
    }

    fn new_change(&mut self, team: usize) -> u64 {
        self.next_change += 1;
        let members = self.structure.teams[team].members.len();
        let author = self.structure.teams[team].members[self.chance.below(members)];
        let repository = self.structure.teams[team].repository;
        let services = &self.structure.repositories[repository].services;
        let service = services[self.chance.below(services.len())];
        let words = (self.chance.pick(&VERBS), self.chance.pick(&NOUNS));
        let state = ChangeState {
            title: format!("{}: {} {}", self.structure.services[service].name, words.0, words.1),
            author: self.structure.people[author].login.clone(),
            base: "main".to_owned(),
            additions: Some(self.chance.spread(40.0, 1.3) as u64),
            deletions: Some(self.chance.spread(12.0, 1.3) as u64),
            files: Some(1 + self.chance.spread(2.0, 0.9) as u64),
            ..ChangeState::default()
        };
        let change = Change {
            team,
            author,
            service,
            request: String::new(),
            ticket: None,
            state,
            green: 0,
            rounds: 0,
            urgent: false,
            mends: None,
            landed: String::new(),
        };
        self.changes.insert(self.next_change, change);
        self.next_change
    }

    /// A change that mends an incident: begun at once, whatever the hour.
    pub(super) fn hotfix(&mut self, at: i64, service: usize, incident: &str) {
        let repository = self.structure.services[service].repository;
        let teams = 0..self.structure.teams.len();
        let owner =
            teams.into_iter().find(|row| self.structure.teams[*row].repository == repository);
        let id = self.new_change(owner.unwrap_or_default());
        let change = self.change(id);
        change.service = service;
        change.urgent = true;
        change.mends = Some(incident.to_owned());
        change.state.labels.push("hotfix".to_owned());
        self.then(at, Step::Begin(id));
    }

    fn change(&mut self, id: u64) -> &mut Change {
        self.changes.get_mut(&id).expect("a change has steps only while it is on its way")
    }

    pub(super) fn ticket(&mut self, at: i64, id: u64) {
        let points = self.chance.pick(&[1.0, 2.0, 3.0, 5.0, 8.0]);
        let priority = self.chance.pick(&["Low", "Medium", "Medium", "High"]);
        let class = self.chance.pick(&["Story", "Task", "Task", "Bug"]);
        let reporter = self.chance.below(self.structure.people.len());
        let reporter = self.structure.people[reporter].login.clone();
        let backlog = (self.chance.spread(2.5, 1.3) * DAY as f64) as i64 / SECOND * SECOND;
        let change = self.change(id).clone();
        let work = self.structure.teams[change.team].work;
        let state = TicketState {
            title: change.state.title,
            class: class.to_owned(),
            status: TODO.0.to_owned(),
            category: Some(TODO.1),
            priority: priority.to_owned(),
            points: Some(points),
            ..TicketState::default()
        };
        if let Some(told) = of_ticket(change.ticket.as_deref(), kind::TICKET_OPENED, at) {
            self.tell(told.by(&reporter).with(&state));
        }
        self.then(work.next(at + backlog), Step::Begin(id));
    }

    /// The author begins: the ticket moves, commits are made, and the request is opened.
    pub(super) fn begin(&mut self, at: i64, id: u64) {
        let change = self.change(id).clone();
        let repository = self.structure.teams[change.team].repository;
        let number = self.structure.repositories[repository].next_request;
        self.structure.repositories[repository].next_request += 1;
        let request = format!("{}#{number}", self.structure.repositories[repository].name);
        self.moved(at, &change, TODO, DOING);
        if let Some(told) = of_ticket(change.ticket.as_deref(), kind::TICKET_ITERATION, at) {
            let iteration =
                side::iteration(&self.structure.teams[change.team].name, self.start, at);
            let planned = self.chance.happens(0.9);
            if planned {
                let into = IterationMove { added: true };
                self.tell(told.about(role::ITERATION, iteration).with(&into));
            }
        }
        let work = self.structure.teams[change.team].work;
        let commits = if change.urgent { 1 } else { 1 + self.chance.below(2) };
        let mut open = at;
        for nth in 0..commits {
            let hours = self.chance.spread(if change.urgent { 0.6 } else { 4.0 }, 1.0);
            let span = minutes(hours * 60.0);
            open = if change.urgent { open + span } else { work.add(open, span) };
            let head = self.commit_id();
            let made = self.made(open, &request, &change, &head, nth == 0);
            self.tell(made);
            self.change(id).state.head = head;
        }
        self.assist(at, id);
        let change = self.change(id);
        change.request = request;
        change.state.number = number;
        change.state.branch = format!("work/{number}");
        if let Some(ticket) = &change.ticket {
            change.state.title = format!("{} ({ticket})", change.state.title);
            let mention = Mention { form: LinkForm::Title, ticket: ticket.clone() };
            change.state.mentions.push(mention);
        }
        self.then(open + MINUTE, Step::Open(id));
    }

    /// Whether an AI tool took part, by the author's use and how far its spread has come.
    fn assist(&mut self, at: i64, id: u64) {
        let years = (at - self.start) as f64 / (365.0 * DAY as f64);
        let author = self.change(id).author;
        let share = match self.structure.people[author].usage {
            Usage::Never => 0.0,
            Usage::Weekly => 0.1,
            Usage::Daily => 0.4,
            Usage::AllDay => 0.8,
        };
        let agent = self.chance.happens(0.02 * years);
        let assisted = self.chance.happens(share * (years / 2.0).min(1.0));
        let tool = self.chance.pick(&TOOLS);
        let state = &mut self.change(id).state;
        if agent {
            state.author = "Copilot".to_owned();
            state.author_class = AuthorClass::Agent;
            state.ai_tools = vec!["Copilot".to_owned()];
        } else if assisted {
            state.ai_tools = vec![tool.to_owned()];
        }
    }

    fn made(&mut self, at: i64, request: &str, change: &Change, id: &str, first: bool) -> Event {
        let login = self.structure.people[change.author].login.as_str();
        let title = if first { change.state.title.clone() } else { "more of it".to_owned() };
        let made =
            CommitMade { title, email: format!("{login}@example.org"), ..CommitMade::default() };
        let told = event(kind::CHANGE_COMMIT, at, FORGE, &format!("change:{request}"), id);
        told.by(login).about(role::COMMIT, id).with(&made)
    }

    pub(super) fn open(&mut self, at: i64, id: u64) {
        let change = self.change(id).clone();
        let author = change.state.author.clone();
        let subject = format!("change:{}", change.request);
        let draft = !change.urgent && self.chance.happens(0.15);
        let state = ChangeState { draft, ..change.state.clone() };
        self.tell(event(kind::CHANGE_OPENED, at, FORGE, &subject, "").by(&author).with(&state));
        if let Some(told) = of_ticket(change.ticket.as_deref(), kind::TICKET_LINKED, at) {
            let linked = self.chance.happens(0.3);
            if linked {
                self.tell(told.about(role::CHANGE, change.request.as_str()));
            }
        }
        let mut ready = at;
        if draft {
            let work = self.structure.teams[change.team].work;
            ready = work.add(at, minutes(self.chance.spread(150.0, 0.8)));
            self.tell(event(kind::CHANGE_READY, ready, FORGE, &subject, "").by(&author));
        }
        self.moved(ready, &change, DOING, REVIEW);
        self.ask(ready, &change);
        let repository = self.structure.teams[change.team].repository;
        if self.structure.repositories[repository].review_bot {
            let given = ReviewGiven {
                verdict: ReviewVerdict::Commented,
                reviewer_class: AuthorClass::Agent,
            };
            let at = ready + 3 * MINUTE;
            let told = event(kind::CHANGE_REVIEW, at, FORGE, &subject, "bot").by("review-agent");
            self.tell(told.about(role::COMMIT, change.state.head.as_str()).with(&given));
        }
        let green =
            self.run_ci(at + 5 * SECOND, &change.request, &change.state.head, "pull_request");
        self.change(id).green = green;
        let abandoned = !change.urgent && self.chance.happens(0.07);
        if abandoned {
            let silence = minutes(self.chance.spread(10.0 * 24.0 * 60.0, 0.8));
            self.then(ready + silence, Step::Abandon(id));
        } else {
            self.then(ready, Step::Review(id));
        }
    }

    fn ask(&mut self, at: i64, change: &Change) {
        let reviewer = self.reviewer(change);
        let subject = format!("change:{}", change.request);
        let detail = change.rounds.to_string();
        let told = event(kind::CHANGE_REVIEW_REQUESTED, at, FORGE, &subject, &detail);
        let login = self.structure.people[reviewer].login.clone();
        self.tell(told.by(&change.state.author).with(&ReviewRequested { reviewer: login }));
    }

    /// Somebody of the team who is not the author.
    fn reviewer(&mut self, change: &Change) -> usize {
        let members = &self.structure.teams[change.team].members;
        let place = self.chance.below(members.len());
        let found = members[place];
        if found == change.author { members[(place + 1) % members.len()] } else { found }
    }

    /// The request waits for a place at its team's review desk; then one of the team looks at it.
    pub(super) fn review(&mut self, at: i64, id: u64) {
        let change = self.change(id).clone();
        let service = minutes(self.chance.spread(20.0, 0.8));
        let team = &mut self.structure.teams[change.team];
        let place = usize::from(team.desk[1] < team.desk[0]);
        let done = if change.urgent {
            at + service
        } else {
            team.reviews.add(at.max(team.desk[place]), service)
        };
        if !change.urgent {
            team.desk[place] = done;
        }
        let reviewer = self.reviewer(&change);
        let approval = if change.urgent || change.rounds >= 2 { 1.0 } else { 0.7 };
        let verdict = match self.chance.unit() {
            dice if dice < approval => ReviewVerdict::Approved,
            dice if dice < approval + 0.1 => ReviewVerdict::Commented,
            _ => ReviewVerdict::ChangesRequested,
        };
        let subject = format!("change:{}", change.request);
        let login = self.structure.people[reviewer].login.clone();
        let told = event(kind::CHANGE_REVIEW, done, FORGE, &subject, &change.rounds.to_string());
        let given = ReviewGiven { verdict, reviewer_class: AuthorClass::Human };
        self.tell(told.by(&login).about(role::COMMIT, change.state.head.as_str()).with(&given));
        self.change(id).rounds += 1;
        if verdict == ReviewVerdict::Approved {
            let seen = done.max(change.green) + minutes(self.chance.spread(20.0, 1.0));
            let work = self.structure.teams[change.team].work;
            self.then(if change.urgent { seen } else { work.next(seen) }, Step::Merge(id));
        } else {
            let work = self.structure.teams[change.team].work;
            let span = minutes(self.chance.spread(100.0, 1.0));
            self.then(work.add(done, span), Step::Mend(id));
        }
    }

    /// The author answers a review with another commit.
    pub(super) fn mend(&mut self, at: i64, id: u64) {
        let head = self.commit_id();
        self.change(id).state.head.clone_from(&head);
        let change = self.change(id).clone();
        let subject = format!("change:{}", change.request);
        let made = self.made(at, &change.request, &change, &head, false);
        self.tell(made);
        let pushed = event(kind::CHANGE_PUSHED, at, FORGE, &subject, &head);
        self.tell(pushed.by(&change.state.author).about(role::COMMIT, head.as_str()));
        let again = self.chance.happens(0.5);
        if again {
            self.ask(at, &change);
        }
        let green = self.run_ci(at + 5 * SECOND, &change.request, &head, "pull_request");
        self.change(id).green = green;
        self.then(at, Step::Review(id));
    }

    pub(super) fn merge(&mut self, at: i64, id: u64) {
        let change = self.change(id).clone();
        let subject = format!("change:{}", change.request);
        let repository = &self.structure.repositories[self.structure.teams[change.team].repository];
        let mut merged = at;
        if repository.merge_queue && !change.urgent {
            let entered = self.enter_queue(at, &change, &subject) + 10 * SECOND;
            let group = self.commit_id();
            merged = self.run_ci(entered, &change.request, &group, "merge_group") + MINUTE;
        }
        let landed = self.commit_id();
        let into = ChangeMerged { base: change.state.base.clone() };
        let told = event(kind::CHANGE_MERGED, merged, FORGE, &subject, "").by(&change.state.author);
        self.tell(told.about(role::COMMIT, landed.as_str()).with(&into));
        let told = event(kind::CHANGE_UPDATED, merged, FORGE, &subject, "");
        self.tell(told.with(&change.state));
        self.moved(merged + MINUTE, &change, REVIEW, DONE);
        if let Some(told) =
            of_ticket(change.ticket.as_deref(), kind::TICKET_CLOSED, merged + MINUTE)
        {
            self.tell(told.with(&TicketClosed { resolution: "Done".to_owned() }));
        }
        let reverted = self.chance.happens(0.015);
        if reverted {
            self.revert(merged, &change);
        }
        self.change(id).landed = landed;
        self.then(merged, Step::Land(id));
    }

    /// It is on the default branch: what leaves next has it.
    pub(super) fn land(&mut self, at: i64, id: u64) {
        let change = self.change(id).clone();
        let service = &mut self.structure.services[change.service];
        service.merged = change.landed;
        service.waiting.push(id);
        let deploys = service.rhythm == Rhythm::OnDemand || change.urgent;
        if deploys && !service.scheduled {
            service.scheduled = true;
            self.then(at + 4 * MINUTE, Step::Deploy(change.service));
        }
    }

    /// The request enters the merge queue. One in twelve does not pass with those before it: it is
    /// removed, and its author puts it back. Gives when it last entered.
    fn enter_queue(&mut self, at: i64, change: &Change, subject: &str) -> i64 {
        let author = change.state.author.as_str();
        self.tell(event(kind::CHANGE_QUEUED, at, FORGE, subject, "").by(author));
        if !change.state.number.is_multiple_of(12) {
            return at;
        }
        let (removed, back) = (at + 18 * MINUTE, at + 45 * MINUTE);
        self.tell(event(kind::CHANGE_DEQUEUED, removed, FORGE, subject, ""));
        self.tell(event(kind::CHANGE_QUEUED, back, FORGE, subject, "again").by(author));
        back
    }

    /// Another change takes this one back, some hours later.
    fn revert(&mut self, at: i64, taken_back: &Change) {
        let id = self.new_change(taken_back.team);
        let change = self.change(id);
        change.service = taken_back.service;
        change.urgent = true;
        change.state.title = format!("Revert \"{}\"", taken_back.state.title);
        change.state.reverts = vec![taken_back.request.clone()];
        let hours = self.chance.spread(20.0, 1.0);
        self.then(at + minutes(hours * 60.0).max(HOUR), Step::Begin(id));
    }

    pub(super) fn abandon(&mut self, at: i64, id: u64) {
        let Some(change) = self.changes.remove(&id) else { return };
        let subject = format!("change:{}", change.request);
        self.tell(event(kind::CHANGE_CLOSED, at, FORGE, &subject, "").by(&change.state.author));
    }

    fn moved(
        &mut self,
        at: i64,
        change: &Change,
        from: (&str, StatusCategory),
        to: (&str, StatusCategory),
    ) {
        let Some(told) = of_ticket(change.ticket.as_deref(), kind::TICKET_STATUS, at) else {
            return;
        };
        let moved = StatusMove {
            from: from.0.to_owned(),
            to: to.0.to_owned(),
            from_category: Some(from.1),
            to_category: Some(to.1),
        };
        self.tell(told.by(&self.structure.people[change.author].login.clone()).with(&moved));
    }
}

fn of_ticket(ticket: Option<&str>, kind: &str, at: i64) -> Option<Event> {
    let subject = format!("ticket:{}", ticket?);
    Some(event(kind, at, TRACKER, &subject, &(at / SECOND).to_string()))
}
