//! One change as one flat row: what `--csv` and `throughline sql` show of a journey.
//!
//! In: the dataset. Out: [`JourneyRow`]s. Start at [`rows`]. **Invariant:** an instant or a span that is
//! not known is `None`, never zero; the three stages add up to the total where all are known; an
//! author is a pseudonym unless the team turned names on.

use serde::{Deserialize, Serialize};
use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};

use crate::dataset::{Dataset, Item};
use crate::journey::{Boundary, Shape, Stage};
use crate::measure::change_failure::failed_strict;
use crate::measure::value_stream::{spent, waited_for_merge};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyRow {
    /// The repository's name for people.
    pub repository: String,
    /// The change within it, such as `#12` or a short commit id.
    pub change: String,
    /// How it arrived on the default branch.
    pub shape: Shape,
    /// By evidence of AI use.
    pub cohort: Cohort,
    /// Its author, by a pseudonym that is the same in every row of one run.
    pub author_pseudonym: String,
    /// Author date of its first commit, after shifts.
    pub first_commit: Option<Timestamp>,
    /// Last push before the merge, after shifts.
    pub last_push: Option<Timestamp>,
    /// When it was put on the default branch; `None` while it is open.
    pub merged: Option<Timestamp>,
    /// When the first release with it, or with an equivalent commit, was made.
    pub released: Option<Timestamp>,
    /// Tag of that release.
    pub release: Option<String>,
    /// First commit to last push.
    pub coding_ms: Option<Millis>,
    /// Last push to merge.
    pub review_wait_ms: Option<Millis>,
    /// Merge to release.
    pub release_wait_ms: Option<Millis>,
    /// First commit to release; `None` unless every stage is known.
    pub total_ms: Option<Millis>,
    /// The largest move of a boundary that kept time from running backwards.
    pub shift_ms: Millis,
    /// Lines added; `None` where the difference was not read.
    pub lines_added: Option<u64>,
    /// Lines removed.
    pub lines_removed: Option<u64>,
    /// Files touched.
    pub files: Option<u64>,
    /// Whether it failed within the failure window, at grades A to C; `None` while it is too young
    /// to tell.
    pub failed: Option<bool>,
    /// Grade of the surest failure link, `A` to `E`.
    pub grade: Option<String>,
    /// Team of the configuration.
    pub team: Option<String>,
    /// When its ticket was opened (t0).
    pub ticket_opened: Option<Timestamp>,
    /// When work on it started (t1).
    pub work_started: Option<Timestamp>,
    /// When its request was opened (t3).
    pub request_opened: Option<Timestamp>,
    /// When it was ready for review (t3r).
    pub ready: Option<Timestamp>,
    /// First review by a person who is not the author (t4).
    pub first_review: Option<Timestamp>,
    /// Since when its approvals held (t5).
    pub approved: Option<Timestamp>,
    /// When the deployment that brought it to production began.
    pub deploy_started: Option<Timestamp>,
    /// When it was in production (t9).
    pub in_production: Option<Timestamp>,
    /// First review by a program (t4ai).
    pub first_ai_review: Option<Timestamp>,
    /// Ticket opened to work started.
    pub backlog_ms: Option<Millis>,
    /// Ready to first review.
    pub pickup_ms: Option<Millis>,
    /// First review to approval.
    pub review_ms: Option<Millis>,
    /// Approval to merge.
    pub merge_wait_ms: Option<Millis>,
    /// Start to end of the deployment.
    pub deploy_ms: Option<Millis>,
    /// Of the review, the time that it waited for a reviewer.
    pub reviewers_turn_ms: Option<Millis>,
    /// Of the review, the time that its author changed it again.
    pub authors_turn_ms: Option<Millis>,
    /// Reviews by people.
    pub reviews: Option<u32>,
    /// Key of its ticket.
    pub ticket: Option<String>,
    /// Service that it came to production with.
    pub service: Option<String>,
}

/// A row for every change merged in the window, repository by repository, oldest first. With `names` the author is shown by name and address.
pub fn rows(data: &Dataset<'_>, names: bool) -> Vec<JourneyRow> {
    data.merged_in_window().map(|item| row(data, item, names)).collect()
}

fn row(data: &Dataset<'_>, item: &Item, names: bool) -> JourneyRow {
    let repository = &data.repositories[item.repository()];
    let journey = &item.journey;
    let author = if names {
        let (name, email) = &data.authors[item.author as usize];
        format!("{name} <{email}>")
    } else {
        format!("author-{:04}", item.author + 1)
    };
    let course = &item.told.course;
    let reviewed = course.first_review.is_some();
    let judged = data.is_followed(item) || failed_strict(data, item);
    JourneyRow {
        repository: repository.history.name.clone(),
        change: data.change_name(item.repository(), item.change()),
        shape: item.shape,
        cohort: item.cohort,
        author_pseudonym: author,
        first_commit: journey.at(Boundary::FirstCommit),
        last_push: journey.at(Boundary::LastPush),
        merged: journey.at(Boundary::Merged),
        released: journey.at(Boundary::Released),
        release: item.release.map(|release| repository.releases.get(release).tag.clone()),
        coding_ms: journey.stage(Stage::Coding),
        review_wait_ms: waited_for_merge(item),
        release_wait_ms: journey.stage(Stage::ReleaseWait),
        total_ms: journey.total(),
        shift_ms: journey.shift,
        lines_added: item.size.map(|size| size.added.into()),
        lines_removed: item.size.map(|size| size.removed.into()),
        files: item.size.map(|size| size.files.into()),
        failed: judged.then(|| failed_strict(data, item)),
        grade: data
            .signs(item)
            .iter()
            .map(|sign| sign.grade)
            .min()
            .map(|grade| format!("{grade:?}")),
        team: item.team.map(|team| data.options.teams[team.index()].name.clone()),
        ticket_opened: journey.seen(Boundary::TicketOpened),
        work_started: journey.seen(Boundary::WorkStarted),
        request_opened: journey.seen(Boundary::Opened),
        ready: journey.seen(Boundary::Ready),
        first_review: journey.seen(Boundary::FirstReview),
        approved: journey.seen(Boundary::Approved),
        deploy_started: journey.seen(Boundary::DeployStarted),
        in_production: journey.seen(Boundary::InProduction),
        first_ai_review: item.told.course.first_ai_review,
        backlog_ms: spent(item, Stage::Backlog),
        pickup_ms: spent(item, Stage::Pickup),
        review_ms: spent(item, Stage::Review),
        merge_wait_ms: spent(item, Stage::MergeWait),
        deploy_ms: spent(item, Stage::Deploy),
        reviewers_turn_ms: reviewed.then_some(course.reviewers_turn),
        authors_turn_ms: reviewed.then_some(course.authors_turn),
        reviews: item.told.request.as_ref().map(|_| course.reviews),
        ticket: item.told.ticket.map(|(row, _)| data.collected.tickets.get(row).key.to_owned()),
        service: item.deployment.map(|row| data.deployments.list[row.index()].service.to_string()),
    }
}
