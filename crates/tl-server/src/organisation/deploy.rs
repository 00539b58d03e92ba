//! From the merge to production, and what breaks there.

use tl_core::event::Event;
use tl_core::fact::{DeployState, IncidentState, Outcome, ReleaseState, StepState, kind, role};

use super::calendar::{DAY, HOUR, Hours, MINUTE, minutes, weekday};
use super::people::{Rhythm, Service};
use super::{Life, Step, event};

const CD: &str = "cd";
const PAGER: &str = "pager";

/// Working hours of whoever approves deployments and drives trains.
const OFFICE: Hours = Hours { zone: 0, from: 8, to: 18 };

/// Share of deployments to production that fail, and of those done that an incident follows; of a fragile
/// service three times as many.
const FAILED: f64 = 0.04;
const INCIDENTS: f64 = 0.03;

impl Life {
    /// Every train begins to run.
    pub(super) fn first_trains(&mut self) {
        for row in 0..self.structure.services.len() {
            if self.structure.services[row].rhythm != Rhythm::OnDemand {
                self.then(
                    departure(self.start, self.structure.services[row].rhythm),
                    Step::Train(row),
                );
            }
        }
    }

    /// A train leaves with whatever was merged, as a release.
    pub(super) fn train(&mut self, at: i64, row: usize) {
        let service = &mut self.structure.services[row];
        if !service.waiting.is_empty() {
            service.releases += 1;
            let tag = format!("{}-v1.{}.0", service.name, service.releases);
            let name = &self.structure.repositories[service.repository].name;
            let told =
                event(kind::RELEASE_PUBLISHED, at, "forge", &format!("release:{name}@{tag}"), "");
            let told = told.about(role::REPOSITORY, name.as_str());
            let told = told.about(role::COMMIT, service.merged.as_str());
            let state = ReleaseState { tag, ..ReleaseState::default() };
            self.tell(told.with(&state));
            self.deploy(at + 2 * MINUTE, row);
        }
        let next = departure(at + HOUR, self.structure.services[row].rhythm);
        self.then(next, Step::Train(row));
    }

    /// Deploys what was merged last: a train first to staging; then, perhaps after an approval, to
    /// production.
    pub(super) fn deploy(&mut self, at: i64, row: usize) {
        let service = &mut self.structure.services[row];
        service.scheduled = false;
        let commit = service.merged.clone();
        let delivered = std::mem::take(&mut service.waiting);
        let (approval, rhythm) = (service.approval, service.rhythm);
        let (busy, fragile) = (service.busy, service.fragile);
        let before = service.running.clone();
        let mut mended = Vec::new();
        for change in delivered.iter().filter_map(|id| self.changes.remove(id)) {
            mended.extend(change.mends);
        }
        let mut started = at;
        if rhythm != Rhythm::OnDemand {
            let staged = at + minutes(self.chance.spread(4.0, 0.4));
            self.deployed(row, "staging", &commit, (at, staged), Outcome::Success, false);
            started = staged + MINUTE;
        }
        // What was merged later comes later, also where the earlier one waited for approval.
        started = started.max(busy);
        if approval {
            let waited = minutes(self.chance.spread(60.0, 1.2));
            let approved = OFFICE.next(started + waited);
            // The deployment that the step belongs to is the one that comes next.
            let subject = format!("deployment:cd/{}", self.next_deployment + 1);
            let step = StepState {
                name: "production".to_owned(),
                form: "approval".to_owned(),
                outcome: Outcome::Success,
            };
            self.tell(event(kind::STEP_WAITING, started, CD, &subject, "").with(&step));
            self.tell(event(kind::STEP_DONE, approved, CD, &subject, "").with(&step));
            started = approved + MINUTE;
        }
        let finished = started + minutes(self.chance.spread(8.0, 0.5));
        let failed = self.chance.happens(FAILED * fragile);
        let outcome = if failed { Outcome::Failure } else { Outcome::Success };
        let span = (started, finished);
        let deployment = self.deployed(row, "production", &commit, span, outcome, false);
        self.structure.services[row].busy = finished + MINUTE;
        for incident in mended {
            self.resolve(finished, row, &incident);
        }
        if failed {
            self.roll_back(finished + 10 * MINUTE, row, &before);
            return;
        }
        self.structure.services[row].running.clone_from(&commit);
        let incident = self.chance.happens(INCIDENTS * fragile);
        if incident {
            self.incident(finished, row, &deployment, &before);
        }
    }

    /// Something breaks after a deployment: it is rolled back, mended by a hotfix, or passes.
    fn incident(&mut self, deployed: i64, row: usize, deployment: &str, before: &str) {
        self.next_incident += 1;
        let incident = format!("pager/{}", self.next_incident);
        let opened = deployed + minutes(self.chance.exponential(180.0)) + MINUTE;
        let acked = opened + minutes(self.chance.spread(6.0, 0.8));
        let severity = self.chance.pick(&["sev1", "sev2", "sev3", "sev3"]);
        let title = format!("{} is slow or failing", self.structure.services[row].name);
        let state =
            IncidentState { title, severity: severity.to_owned(), ..IncidentState::default() };
        let named = self.chance.happens(0.45);
        let told = self.of_incident(kind::INCIDENT_OPENED, opened, row, &incident);
        let told = told.about(role::DEPLOYMENT, if named { deployment } else { "" });
        self.tell(told.with(&state));
        let told = self.of_incident(kind::INCIDENT_ACKED, acked, row, &incident);
        self.tell(told);
        match self.chance.below(10) {
            0..4 => {
                let back = acked + minutes(self.chance.spread(15.0, 0.7));
                self.roll_back(back, row, before);
                self.resolve(back + 10 * MINUTE, row, &incident);
            }
            4..7 => self.hotfix(acked, row, &incident),
            _ => {
                let passed = acked + minutes(self.chance.spread(60.0, 1.2));
                self.resolve(passed, row, &incident);
            }
        }
    }

    fn resolve(&mut self, at: i64, row: usize, incident: &str) {
        let told = self.of_incident(kind::INCIDENT_RESOLVED, at, row, incident);
        self.tell(told);
    }

    fn of_incident(&self, kind: &str, at: i64, row: usize, incident: &str) -> Event {
        let told = event(kind, at, PAGER, &format!("incident:{incident}"), "");
        told.about(role::SERVICE, self.structure.services[row].name.as_str())
            .about(role::ENVIRONMENT, "production")
    }

    /// Deploys what ran before; not every system says that it is a rollback.
    fn roll_back(&mut self, at: i64, row: usize, before: &str) {
        if before.is_empty() {
            return;
        }
        let said = self.chance.happens(0.5);
        let span = (at, at + 5 * MINUTE);
        self.deployed(row, "production", before, span, Outcome::Success, said);
        let service = &mut self.structure.services[row];
        service.busy = service.busy.max(span.1 + MINUTE);
        before.clone_into(&mut service.running);
    }

    fn deployed(
        &mut self,
        row: usize,
        environment: &str,
        commit: &str,
        (started, finished): (i64, i64),
        outcome: Outcome,
        rollback: bool,
    ) -> String {
        self.next_deployment += 1;
        let id = format!("cd/{}", self.next_deployment);
        let Service { name, repository, .. } = &self.structure.services[row];
        let repository = &self.structure.repositories[*repository].name;
        let told = |kind, at, outcome| {
            let state = DeployState {
                outcome,
                production: Some(environment == "production"),
                rollback,
                branch: "main".to_owned(),
                ..DeployState::default()
            };
            event(kind, at, CD, &format!("deployment:{id}"), "")
                .about(role::SERVICE, name.as_str())
                .about(role::ENVIRONMENT, environment)
                .about(role::REPOSITORY, repository.as_str())
                .about(role::COMMIT, commit)
                .by("pipeline")
                .with(&state)
        };
        let events = [
            told(kind::DEPLOY_STARTED, started, Outcome::Unknown),
            told(kind::DEPLOY_FINISHED, finished, outcome),
        ];
        for event in events {
            self.tell(event);
        }
        id
    }
}

/// The next departure of a train from `at` on: at two in the afternoon, UTC.
fn departure(at: i64, rhythm: Rhythm) -> i64 {
    let mut next = at.div_euclid(DAY) * DAY + 14 * HOUR;
    while next < at || weekday(next) > 4 || (rhythm == Rhythm::Weekly && weekday(next) != 1) {
        next += DAY;
    }
    next
}
