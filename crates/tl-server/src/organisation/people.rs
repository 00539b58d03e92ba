//! Who is there: people in teams, teams with reviewers and a time zone, repositories with services.

use super::calendar::Hours;
use super::chance::Chance;

/// People in a team.
const TEAM: usize = 8;

/// Time zones of teams, hours east of UTC.
const ZONES: [i64; 5] = [-8, -5, 0, 1, 5];

/// Of nine services this one, from 0, is the one that everybody is afraid to deploy.
const FRAGILE: usize = 2;

/// Everything that does not change.
#[derive(Debug)]
pub(super) struct Structure {
    pub(super) people: Vec<Person>,
    pub(super) teams: Vec<Team>,
    pub(super) repositories: Vec<Repository>,
    pub(super) services: Vec<Service>,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) login: String,
    pub(super) team: usize,
    pub(super) usage: Usage,
}

/// How much somebody uses AI tools, in the end: use grows over the years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Never,
    Weekly,
    Daily,
    AllDay,
}

#[derive(Debug)]
pub(super) struct Team {
    pub(super) name: String,
    /// Project in the tracker.
    pub(super) project: String,
    pub(super) members: Vec<usize>,
    pub(super) work: Hours,
    /// Reviews are done in a part of the day.
    pub(super) reviews: Hours,
    /// When each place at the review desk is free.
    pub(super) desk: Vec<i64>,
    pub(super) repository: usize,
}

#[derive(Debug)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) services: Vec<usize>,
    pub(super) next_request: u64,
    pub(super) merge_queue: bool,
    pub(super) review_bot: bool,
}

/// When merged changes are deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Minutes after each merge.
    OnDemand,
    /// Every working day.
    Daily,
    /// Every Tuesday.
    Weekly,
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) repository: usize,
    pub(super) rhythm: Rhythm,
    /// Whether a person must approve production.
    pub(super) approval: bool,
    /// Changes merged and not deployed.
    pub(super) waiting: Vec<u64>,
    pub(super) scheduled: bool,
    /// What runs in production.
    pub(super) running: String,
    /// Until when production is being deployed to: one after the other.
    pub(super) busy: i64,
    pub(super) merged: String,
    pub(super) releases: u64,
    /// How much more often its deployments break something than others' do.
    pub(super) fragile: f64,
}

impl Structure {
    /// The people, teams and services that begin about `changes` changes in three years.
    pub(super) fn new(changes: u64, chance: &mut Chance) -> Self {
        let people = usize::try_from(changes / 500).unwrap_or(usize::MAX).max(2 * TEAM);
        let teams = people.div_ceil(TEAM);
        let services = (people * 3 / 20).max(4);
        let repositories = services.div_ceil(2);
        let mut structure = Self {
            people: Vec::new(),
            teams: (0..teams).map(|row| team(row, repositories, chance)).collect(),
            repositories: (0..repositories).map(repository).collect(),
            services: Vec::new(),
        };
        for row in 0..people {
            let usage = match chance.below(100) {
                0..30 => Usage::Never,
                30..60 => Usage::Weekly,
                60..85 => Usage::Daily,
                _ => Usage::AllDay,
            };
            let team = row % teams;
            structure.teams[team].members.push(row);
            structure.people.push(Person { login: format!("dev{row:04}"), team, usage });
        }
        for row in 0..services {
            let repository = row % repositories;
            structure.repositories[repository].services.push(row);
            structure.services.push(service(row, repository, chance));
        }
        structure
    }
}

fn team(row: usize, repositories: usize, chance: &mut Chance) -> Team {
    let zone = chance.pick(&ZONES);
    Team {
        name: format!("team-{row:03}"),
        project: format!("T{row:03}"),
        members: Vec::new(),
        work: Hours { zone, from: 9, to: 17 },
        reviews: Hours { zone, from: 13, to: 16 },
        desk: vec![0; 2],
        repository: row % repositories,
    }
}

fn repository(row: usize) -> Repository {
    Repository {
        name: format!("acme/repo-{row:03}"),
        services: Vec::new(),
        next_request: 1,
        merge_queue: row.is_multiple_of(5),
        review_bot: row % 4 == 1,
    }
}

fn service(row: usize, repository: usize, chance: &mut Chance) -> Service {
    let rhythm = match chance.below(10) {
        0..5 => Rhythm::OnDemand,
        5..8 => Rhythm::Daily,
        _ => Rhythm::Weekly,
    };
    Service {
        name: format!("service-{row:03}"),
        repository,
        rhythm,
        approval: row % 4 == 1,
        waiting: Vec::new(),
        scheduled: false,
        running: String::new(),
        busy: i64::MIN,
        merged: String::new(),
        releases: 0,
        fragile: if row % 9 == FRAGILE { 3.0 } else { 1.0 },
    }
}
