//! What happens beside the changes: days and arrivals, iterations, use of AI tools, surveys.

use tl_core::fact::{AiUsage, IterationState, SurveyAnswer, kind, role};
use tl_core::time::Timestamp;

use super::calendar::{DAY, HOUR, MINUTE, SECOND, weekday};
use super::people::Usage;
use super::{Life, Step, event};

/// Arrivals of a day of the weekend, as a share of those of a working day.
pub(super) const WEEKEND: f64 = 0.08;

const ITERATION_DAYS: i64 = 14;
const QUARTER_DAYS: i64 = 91;
const QUESTIONS: [&str; 4] = ["deep-work", "feedback", "local-setup", "release-ease"];

/// The iteration of a team at an instant: they all last two weeks, from the first Monday on.
pub(super) fn iteration(team: &str, start: i64, at: i64) -> String {
    let first = start + (7 - weekday(start)) % 7 * DAY;
    format!("{team}/{}", (at - first).div_euclid(ITERATION_DAYS * DAY))
}

impl Life {
    /// A day begins: what will be wanted in it, and what was used the day before.
    pub(super) fn day(&mut self, at: i64, day: i64) {
        self.then(at + DAY, Step::Day(day + 1));
        let weekend = weekday(at) > 4;
        let mean = if weekend { self.arrivals * WEEKEND } else { self.arrivals };
        // The variance of a Poisson count is its mean; a normal one is close enough here.
        let many = mean + mean.sqrt() * (self.chance.unit() + self.chance.unit() - 1.0) * 2.45;
        for _ in 0..self.chance.around(many.max(0.0)) {
            let team = self.chance.below(self.structure.teams.len());
            let zone = self.structure.teams[team].work.zone;
            let second = self.chance.below(10 * 3600) as i64;
            self.wanted(at + (8 - zone) * HOUR + second * SECOND, team);
        }
        if !weekend {
            self.used(at);
        }
        if weekday(at) == 0 {
            self.iterations(at);
        }
        if day % QUARTER_DAYS == 30 {
            self.survey(at);
        }
    }

    /// What each person used, as a day's sum.
    fn used(&mut self, at: i64) {
        let years = (at - self.start) as f64 / (365.0 * DAY as f64);
        for row in 0..self.structure.people.len() {
            let share = match self.structure.people[row].usage {
                Usage::Never => 0.0,
                Usage::Weekly => 0.2,
                Usage::Daily => 0.9,
                Usage::AllDay => 1.0,
            };
            let today = self.chance.happens(share * (years / 2.0).min(1.0));
            if !today {
                continue;
            }
            let sessions = 1 + self.chance.below(6) as u64;
            let lines = self.chance.spread(60.0, 1.0) as u64;
            let usage = AiUsage {
                tool: "Claude".to_owned(),
                level: "E4".to_owned(),
                sessions,
                offered: 12 * sessions,
                accepted: 8 * sessions,
                lines_added: lines,
                lines_removed: lines / 3,
                tokens: 40_000 * sessions,
                ..AiUsage::default()
            };
            let login = self.structure.people[row].login.clone();
            let date = Timestamp::from_millis(at).date();
            let told = event(kind::AI_USAGE, at, "usage", &format!("person:{login}"), &date);
            self.tell(told.by(&login).with(&usage));
        }
    }

    /// Every second Monday an iteration of each team ends, and the next begins.
    fn iterations(&mut self, at: i64) {
        let first = self.start + (7 - weekday(self.start)) % 7 * DAY;
        if (at - first).rem_euclid(ITERATION_DAYS * DAY) != 0 {
            return;
        }
        for row in 0..self.structure.teams.len() {
            let team = self.structure.teams[row].name.clone();
            for (kind, begun, told_at) in [
                (kind::ITERATION_FINISHED, at - ITERATION_DAYS * DAY, at),
                (kind::ITERATION_STARTED, at, at + MINUTE),
            ] {
                let id = iteration(&team, self.start, begun);
                let state = IterationState {
                    name: id.clone(),
                    board: team.clone(),
                    planned_start: Some(Timestamp::from_millis(begun)),
                    planned_end: Some(Timestamp::from_millis(begun + ITERATION_DAYS * DAY)),
                };
                let told = event(kind, told_at, "tracker", &format!("iteration:{id}"), "");
                self.tell(told.about(role::TEAM, team.as_str()).with(&state));
            }
        }
    }

    /// One person in five answers; who it is, nobody keeps.
    fn survey(&mut self, at: i64) {
        for row in 0..self.structure.people.len() {
            let answers = self.chance.happens(0.2);
            if !answers {
                continue;
            }
            let team = self.structure.people[row].team;
            for question in QUESTIONS {
                let answer = SurveyAnswer {
                    question: question.to_owned(),
                    score: 1.0 + self.chance.below(5) as f64,
                    min: 1.0,
                    max: 5.0,
                    team: self.structure.teams[team].name.clone(),
                };
                let at = at + 9 * HOUR;
                let detail = format!("{question} {row} {}", at / DAY);
                let told = event(kind::SURVEY_ANSWER, at, "survey", "survey:quarter", &detail);
                self.tell(told.with(&answer));
            }
        }
    }
}
