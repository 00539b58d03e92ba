//! The tables that `throughline sql` can ask: journeys, changes, releases and deployments.
//!
//! In: a dataset over all time. Out: rows for the scratch database. Start at [`load`].
//! **Invariant:** what is not known is NULL; instants are RFC 3339 in UTC, spans whole
//! milliseconds, and authors pseudonyms unless names are turned on.

use tl_ledger::scratch::{Column, ColumnType, Scratch};
use tl_ledger::sql::{SqlError, SqlValue};
use tl_map::dataset::{Dataset, Item};
use tl_map::deployment::Kind;
use tl_map::journey_row::{self, JourneyRow};
use tl_map::measure::cadence::shipped;

use ColumnType::{Integer, Text};

/// A column of a table, and how its value is read from a row.
type Field<T> = (&'static str, ColumnType, fn(&T) -> SqlValue);

/// What became of each change, boundary by boundary.
const JOURNEYS: &[Field<JourneyRow>] = &[
    ("repository", Text, |row| row.repository.clone().into_sql()),
    ("change", Text, |row| row.change.clone().into_sql()),
    ("first_commit", Text, |row| row.first_commit.map(|at| at.to_string()).into_sql()),
    ("last_push", Text, |row| row.last_push.map(|at| at.to_string()).into_sql()),
    ("merged", Text, |row| row.merged.map(|at| at.to_string()).into_sql()),
    ("released", Text, |row| row.released.map(|at| at.to_string()).into_sql()),
    ("release", Text, |row| row.release.clone().into_sql()),
    ("coding_ms", Integer, |row| row.coding_ms.map(|span| span.get()).into_sql()),
    ("review_wait_ms", Integer, |row| row.review_wait_ms.map(|span| span.get()).into_sql()),
    ("release_wait_ms", Integer, |row| row.release_wait_ms.map(|span| span.get()).into_sql()),
    ("total_ms", Integer, |row| row.total_ms.map(|span| span.get()).into_sql()),
    ("shift_ms", Integer, |row| row.shift_ms.get().into_sql()),
    ("ticket_opened", Text, |row| row.ticket_opened.map(|at| at.to_string()).into_sql()),
    ("work_started", Text, |row| row.work_started.map(|at| at.to_string()).into_sql()),
    ("request_opened", Text, |row| row.request_opened.map(|at| at.to_string()).into_sql()),
    ("ready", Text, |row| row.ready.map(|at| at.to_string()).into_sql()),
    ("first_review", Text, |row| row.first_review.map(|at| at.to_string()).into_sql()),
    ("approved", Text, |row| row.approved.map(|at| at.to_string()).into_sql()),
    ("deploy_started", Text, |row| row.deploy_started.map(|at| at.to_string()).into_sql()),
    ("in_production", Text, |row| row.in_production.map(|at| at.to_string()).into_sql()),
    ("first_ai_review", Text, |row| row.first_ai_review.map(|at| at.to_string()).into_sql()),
    ("backlog_ms", Integer, |row| row.backlog_ms.map(|span| span.get()).into_sql()),
    ("pickup_ms", Integer, |row| row.pickup_ms.map(|span| span.get()).into_sql()),
    ("review_ms", Integer, |row| row.review_ms.map(|span| span.get()).into_sql()),
    ("merge_wait_ms", Integer, |row| row.merge_wait_ms.map(|span| span.get()).into_sql()),
    ("deploy_ms", Integer, |row| row.deploy_ms.map(|span| span.get()).into_sql()),
    ("reviewers_turn_ms", Integer, |row| row.reviewers_turn_ms.map(|span| span.get()).into_sql()),
    ("authors_turn_ms", Integer, |row| row.authors_turn_ms.map(|span| span.get()).into_sql()),
    ("reviews", Integer, |row| row.reviews.map(i64::from).into_sql()),
    ("ticket", Text, |row| row.ticket.clone().into_sql()),
    ("service", Text, |row| row.service.clone().into_sql()),
];

/// What each change is.
const CHANGES: &[Field<ChangeRow>] = &[
    ("repository", Text, |row| row.journey.repository.clone().into_sql()),
    ("change", Text, |row| row.journey.change.clone().into_sql()),
    ("request", Integer, |row| row.request.map(i64::from).into_sql()),
    ("commit_id", Text, |row| row.commit.clone().into_sql()),
    ("merged", Text, |row| row.journey.merged.map(|at| at.to_string()).into_sql()),
    ("author", Text, |row| row.journey.author_pseudonym.clone().into_sql()),
    ("shape", Text, |row| row.journey.shape.label().to_owned().into_sql()),
    ("cohort", Text, |row| row.journey.cohort.label().to_owned().into_sql()),
    ("tools", Text, |row| row.tools.clone().into_sql()),
    ("lines_added", Integer, |row| row.journey.lines_added.into_sql()),
    ("lines_removed", Integer, |row| row.journey.lines_removed.into_sql()),
    ("lines_reworked", Integer, |row| row.reworked.into_sql()),
    ("files", Integer, |row| row.journey.files.into_sql()),
    ("failed", Integer, |row| row.journey.failed.map(i64::from).into_sql()),
    ("grade", Text, |row| row.journey.grade.clone().into_sql()),
    ("team", Text, |row| row.journey.team.clone().into_sql()),
];

struct ChangeRow {
    journey: JourneyRow,
    request: Option<u32>,
    commit: String,
    tools: Option<String>,
    reworked: Option<u64>,
}

/// Makes and fills all tables.
pub(super) async fn load(
    data: &Dataset<'_>,
    names: bool,
    scratch: &mut Scratch,
) -> Result<(), SqlError> {
    let journeys = journey_row::rows(data, names);
    fill(scratch, "journeys", JOURNEYS, &journeys).await?;
    let changes: Vec<ChangeRow> = journeys
        .into_iter()
        .zip(data.merged_in_window())
        .map(|(journey, item)| change(data, journey, item))
        .collect();
    fill(scratch, "changes", CHANGES, &changes).await?;
    releases(data, scratch).await?;
    deployments(data, scratch).await
}

fn change(data: &Dataset<'_>, journey: JourneyRow, item: &Item) -> ChangeRow {
    let change = data.change(item);
    let tools: Vec<&str> = change.attribution.tools.iter().map(|tool| tool.name()).collect();
    ChangeRow {
        journey,
        request: change.request(),
        commit: data.repositories[item.repository()].history.commit(change.landed).id.to_string(),
        tools: (!tools.is_empty()).then(|| tools.join(", ")),
        reworked: item.size.and_then(|size| Some(size.reworked?.into())),
    }
}

async fn fill<T>(
    scratch: &mut Scratch,
    table: &str,
    fields: &[Field<T>],
    rows: &[T],
) -> Result<(), SqlError> {
    let columns: Vec<Column> =
        fields.iter().map(|(name, kind, _)| Column { name, kind: *kind }).collect();
    let rows = rows.iter().map(|row| fields.iter().map(|(_, _, read)| read(row)).collect());
    scratch.load(table, &columns, rows).await
}

async fn releases(data: &Dataset<'_>, scratch: &mut Scratch) -> Result<(), SqlError> {
    let columns = [
        ("repository", Text),
        ("tag", Text),
        ("package", Text),
        ("released", Text),
        ("changes", Integer),
        ("failed", Integer),
        ("hotfix", Text),
    ]
    .map(|(name, kind)| Column { name, kind });
    let rows = shipped(data).into_iter().map(|one| {
        vec![
            data.repositories[one.repository].history.name.clone().into_sql(),
            one.release.tag.clone().into_sql(),
            one.release.name.package.clone().into_sql(),
            one.release.at.to_string().into_sql(),
            one.changes.into_sql(),
            i64::from(one.failed).into_sql(),
            one.release.hotfix.as_ref().map(|(_, why)| why.clone()).into_sql(),
        ]
    });
    scratch.load("releases", &columns, rows).await
}

async fn deployments(data: &Dataset<'_>, scratch: &mut Scratch) -> Result<(), SqlError> {
    let columns = [
        ("service", Text),
        ("environment", Text),
        ("deployed", Text),
        ("started", Text),
        ("finished", Text),
        ("success", Integer),
        ("changes", Integer),
        ("rollback", Integer),
        ("hotfix", Integer),
        ("why", Text),
        ("failed", Text),
        ("recovered", Text),
    ]
    .map(|(name, kind)| Column { name, kind });
    let rows = data.deployments.list.iter().map(|one| {
        vec![
            one.service.to_string().into_sql(),
            one.environment.to_string().into_sql(),
            one.what(&data.collected.records).to_string().into_sql(),
            one.started.map(|at| at.to_string()).into_sql(),
            one.finished.to_string().into_sql(),
            i64::from(one.is_success()).into_sql(),
            (one.shipped.len() as u64).into_sql(),
            i64::from(matches!(one.kind, Kind::Rollback(_))).into_sql(),
            i64::from(matches!(one.kind, Kind::Hotfix(_))).into_sql(),
            one.kind.why().map(str::to_owned).into_sql(),
            one.failures.first().map(|failure| format!("{:?}", failure.grade)).into_sql(),
            one.recovered().map(|at| at.to_string()).into_sql(),
        ]
    });
    scratch.load("deployments", &columns, rows).await
}

/// A value of ours as one of SQLite's.
trait IntoSql {
    fn into_sql(self) -> SqlValue;
}

impl IntoSql for String {
    fn into_sql(self) -> SqlValue {
        SqlValue::Text(self)
    }
}

impl IntoSql for i64 {
    fn into_sql(self) -> SqlValue {
        SqlValue::Integer(self)
    }
}

impl IntoSql for u64 {
    fn into_sql(self) -> SqlValue {
        SqlValue::Integer(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

impl<T: IntoSql> IntoSql for Option<T> {
    fn into_sql(self) -> SqlValue {
        self.map_or(SqlValue::Null, T::into_sql)
    }
}
