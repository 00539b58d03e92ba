//! What rows look like, for the OpenAPI document.
//!
//! In: tables of fields. Out: schemas. A row is a type of `tl-map` or another capability, which is none of
//! the API's business and does not know `utoipa`: so its fields stand here once more, and a test compares
//! them with what is sent, field by field. The report is large and has a document of its own
//! (`docs/map-v1.md`): here it is an object.

use std::borrow::Cow;

use tl_map::measure::MEASURES;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::badge::BADGES;
use crate::page::reviews::STAGES;
use crate::page::tests::CLASSES;
use crate::question::COHORTS;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Of {
    Text,
    /// Text or nothing.
    MaybeText,
    Whole,
    MaybeWhole,
    MaybeNumber,
    Flag,
    MaybeFlag,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant,
    MaybeInstant,
    /// Milliseconds.
    MaybeSpan,
    Span,
    Texts,
    Object,
    /// Objects of another schema.
    Many(&'static str),
    /// An object of another schema.
    One(&'static str),
    /// Anything.
    Any,
}

use Of::*;

/// Name, content, whether it may be absent, and what it is.
type Field = (&'static str, Of, bool, &'static str);

fn typed(of: Of) -> ObjectBuilder {
    let builder = ObjectBuilder::new();
    let maybe = |kind: Type| SchemaType::from_iter([kind, Type::Null]);
    match of {
        Text => builder.schema_type(Type::String),
        MaybeText => builder.schema_type(maybe(Type::String)),
        Whole | Instant | Span => builder.schema_type(Type::Integer),
        MaybeWhole | MaybeInstant | MaybeSpan => builder.schema_type(maybe(Type::Integer)),
        MaybeNumber => builder.schema_type(maybe(Type::Number)),
        Flag => builder.schema_type(Type::Boolean),
        MaybeFlag => builder.schema_type(maybe(Type::Boolean)),
        Object => builder.schema_type(Type::Object),
        Texts | Many(_) | One(_) | Any => builder.schema_type(SchemaType::AnyValue),
    }
}

fn words(of: Of, what: &str) -> String {
    match of {
        Instant | MaybeInstant => format!("{what} Milliseconds since 1970-01-01T00:00:00Z."),
        Span | MaybeSpan => format!("{what} Milliseconds."),
        _ => what.to_owned(),
    }
}

fn field(of: Of, what: &str) -> RefOr<Schema> {
    let what = words(of, what);
    match of {
        Texts => {
            let items = ObjectBuilder::new().schema_type(Type::String);
            RefOr::T(ArrayBuilder::new().items(items).description(Some(what)).build().into())
        }
        Many(name) => {
            let items = Ref::from_schema_name(name);
            RefOr::T(ArrayBuilder::new().items(items).description(Some(what)).build().into())
        }
        One(name) => RefOr::Ref(Ref::from_schema_name(name)),
        of => RefOr::T(typed(of).description(Some(what)).build().into()),
    }
}

fn object(what: &str, fields: &[Field]) -> RefOr<Schema> {
    let mut builder = ObjectBuilder::new().schema_type(Type::Object).description(Some(what));
    for (name, of, may_miss, what) in fields {
        builder = builder.property(*name, field(*of, what));
        if !may_miss {
            builder = builder.required(*name);
        }
    }
    RefOr::T(builder.build().into())
}

fn choice<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let builder = ObjectBuilder::new().schema_type(Type::String).description(Some(what));
    RefOr::T(builder.enum_values(Some(names)).build().into())
}

/// Names of what is described here.
macro_rules! described {
    ($($(#[$doc:meta])* $name:ident = $schema:expr;)+) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )+
    };
}

described! {
    /// The report.
    Report = object("Everything that was measured: the document `map/v1`, see docs/map-v1.md.", &[
        ("schema", Text, false, "`map/v1`"),
        ("since", Instant, false, "Beginning of the period."),
        ("until", Instant, false, "End of the period."),
        ("dora", Any, false, "DORA’s five, each with its interval, n and basis."),
        ("value_stream", Object, false, "The line and its stages."),
    ]);
    /// One change.
    Journey = object("One change, from ticket to production. What is not known is `null`, never zero.", JOURNEY);
    /// An open request.
    Open = object("An open request, where it waits, and how that compares with finished ones.", OPEN);
    /// A deployment.
    Deployment = object("A deployment to production.", DEPLOYMENT);
    /// A sign of failure.
    FailureSign = object("A sign that a deployment failed.", &[
        ("grade", Text, false, "How sure it is, `A` to `E`."),
        ("at", Instant, false, "When it was seen."),
        ("why", Text, false, "In words."),
    ]);
    /// An incident.
    Incident = object("An incident.", INCIDENT);
    /// A cause.
    Cause = object("A deployment that an incident is put down to.", &[
        ("service", Text, false, "The service that was deployed."),
        ("what", Text, false, "What was deployed."),
        ("finished", Instant, false, "When that ended."),
        ("grade", Text, false, "How sure it is, `A` or `E`."),
        ("why", Text, false, "In words."),
    ]);
    /// A change that is blamed.
    BlamedChange = object("A change that an incident is put down to.", &[
        ("repository", Text, false, "Its repository’s name for people."),
        ("change", Text, false, "Its name, as journeys have it."),
        ("grade", Text, false, "How sure it is, `A` or `E`."),
    ]);
    /// One change with its events.
    OneJourney = object("One change with everything that the ledger holds of it.", &[
        ("schema", Text, false, "`journey/v1`"),
        ("change", Text, false, "Its name."),
        ("repository", Text, false, "The repository’s name for people."),
        ("merged", Any, false, "Its row of `/v1/journeys`; `null` while it is open."),
        ("open", Any, false, "Where it waits, as far as it is open; `null` once it is merged."),
        ("deployments", Many("Deployment"), false, "Deployments that brought it to production, the newest first."),
        ("incidents", Many("Incident"), false, "Incidents that it is blamed for, the newest first."),
        ("events", Many("LaneEvent"), false, "Its events, the oldest first."),
        ("is_cut", Flag, false, "Whether it has more events than are told: the first 5,000."),
        ("not_yet", Whole, false, "The newest events of the ledger that were not looked through yet."),
    ]);
    /// One incident with its events.
    OneIncident = object("One incident with everything that the ledger holds of it.", &[
        ("schema", Text, false, "`incident/v1`"),
        ("incident", One("Incident"), false, "Its row of `/v1/incidents`."),
        ("events", Many("LaneEvent"), false, "Its events, the oldest first."),
        ("is_cut", Flag, false, "Whether it has more events than are told: the first 5,000."),
        ("not_yet", Whole, false, "The newest events of the ledger that were not looked through yet."),
    ]);
    /// An event of a change.
    LaneEvent = object("An event on the way of a change.", &[
        ("lane", Text, false, "Where it belongs: `ticket`, `request`, `ci`, `production` or `incident`."),
        ("position", Whole, false, "Its place in the ledger."),
        ("event", One("Event"), false, "The event."),
    ]);
    /// A measure in words.
    Measure = object("A measure in words.", &[
        ("id", Text, false, "Its stable name."),
        ("title", Text, false, "Its name for people."),
        ("what", Text, false, "What it tells."),
        ("formula", Text, false, "How it is computed."),
        ("unit", Text, false, "Unit of its figures."),
        ("edge_cases", Texts, false, "What happens at the edges."),
        ("source", Text, false, "Where the definition comes from."),
    ]);
    /// A measure with its rows.
    Explanation = object("A measure in words, and the largest of the rows behind its figures.", &[
        ("measure", One("Measure"), false, "The measure."),
        ("column", Text, false, "What the number in each row is."),
        ("n", Whole, false, "Rows in all."),
        ("rows", Many("ExplainedRow"), false, "The largest of them, at most 200."),
    ]);
    /// A row behind a figure.
    ExplainedRow = object("A change, request or release behind a figure.", &[
        ("item", Text, false, "Its name."),
        ("value", MaybeNumber, false, "Its value, in the unit of the column."),
        ("note", Text, false, "What else is to be said of it."),
    ]);
    /// An event.
    Event = object("An event, as docs/events.md has it. People stand in it by pseudonyms unless names were turned on.", &[
        ("v", Whole, false, "Version of the form."),
        ("id", Text, false, "A UUID that is made from source and key."),
        ("kind", Text, false, "What happened, such as `change.merged`."),
        ("at", Instant, false, "When it happened."),
        ("source", Text, false, "Where it was seen."),
        ("key", Text, false, "What makes it unique within its source."),
        ("subject", Text, false, "What it happened to."),
        ("actor", Text, true, "Who did it."),
        ("refs", Object, true, "Other things that it concerns, by role."),
        ("data", Any, false, "What else the source said."),
    ]);
    /// A test.
    Test = object("A test in one variant, and what history says of it.", TEST);
    /// A test with its executions.
    OneTest = object("All that is known of one test.", &[
        ("schema", Text, false, "`test/v1`"),
        ("variants", Many("Test"), false, "The test in each variant that it ran in."),
        ("executions", Any, true, "Its last executions, the newest first; absent where they cannot be read."),
    ]);
    /// What agents have and do.
    AgentsNow = object("What guard told of coding agents.", &[
        ("schema", Text, false, "`agents/v1`"),
        ("repositories", Any, false, "The newest scan of each repository, the worst first."),
        ("machines", Any, false, "The machines that scans ran on, by pseudonyms, with their newest scans."),
        ("rules", Object, false, "New findings of the newest scans by rule."),
        ("approvals", Any, false, "The latest approvals, the newest first."),
        ("decisions", Object, false, "Decisions of hooks in the last 30 days, by client."),
        ("policies", Object, false, "What objected, how often, and when last."),
        ("objections", Any, false, "The latest decisions that were no plain yes."),
    ]);
    /// A source.
    Source = object("Where events come from.", &[
        ("source", Text, false, "Its name."),
        ("events", Whole, false, "Events that it gave."),
        ("kinds", Texts, false, "Kinds of them."),
        ("last", Instant, false, "When the latest of them happened."),
        ("silent", Flag, false, "Whether that was more than a week ago."),
        ("streams", Any, false, "How far its streams are collected."),
    ]);
    /// What a measurement is of.
    SnapshotNow = object("How old a measurement is, and what to know of it.", &[
        ("schema", Text, false, "`snapshot/v1`"),
        ("measured", Instant, false, "When it was begun: what happened later is not in it."),
        ("newer", Flag, false, "Whether the ledger holds something newer, which is measured when it is asked for."),
        ("since", Instant, false, "Beginning of the period."),
        ("until", Instant, false, "End of the period."),
        ("changes", Whole, false, "Changes merged in it."),
        ("notes", Texts, false, "What to know of how it was measured."),
    ]);
    /// This week against last.
    WeeksNow = object("Two weeks, side by side.", &[
        ("schema", Text, false, "`weeks/v1`"),
        ("since", Instant, false, "Where the last week begins."),
        ("middle", Instant, false, "Where it ends and this one begins."),
        ("until", Instant, false, "Where this week ends: with the newest change."),
        ("rows", Many("WeekRow"), false, "What is compared."),
    ]);
    /// One thing in two weeks.
    WeekRow = object("One thing in two weeks.", &[
        ("id", Text, false, "Its stable name, such as `merged`."),
        ("label", Text, false, "Its name for people."),
        ("measure", Text, false, "The measure whose definition it follows."),
        ("this", One("Figure"), false, "This week."),
        ("last", One("Figure"), false, "The week before."),
        ("trend", Text, false, "`more`, `less`, `noise` where chance alone may be the difference, or `too-few`."),
        ("more_is", Text, false, "`better`, `worse` or `neither`."),
    ]);
    /// A figure.
    Figure = object("A number with its uncertainty.", &[
        ("value", MaybeNumber, false, "The number; `null` where `note` says why there is none."),
        ("low", MaybeNumber, false, "Lower end of its 95 % interval."),
        ("high", MaybeNumber, false, "Upper end of it."),
        ("n", Whole, false, "Observations behind it."),
        ("unit", Text, false, "Its unit."),
        ("note", MaybeText, true, "What to know of it."),
    ]);
    /// Something to do.
    Advice = object("Something to do.", &[
        ("what", Text, false, "What, in words."),
        ("why", Text, false, "Why, or how."),
        ("href", Text, false, "The page that says more."),
    ]);
    /// Waits of a stage.
    Wait = object("Open and finished waits of a stage.", &[
        ("stage", Text, false, "Id of the stage."),
        ("label", Text, false, "Its name for people."),
        ("waiting", Whole, false, "Requests that wait in it now."),
        ("finished", Whole, false, "Changes of the period that were in it."),
        ("p50_ms", MaybeNumber, false, "Median of their times in it. Milliseconds."),
        ("p75_ms", MaybeNumber, false, "75th percentile of it. Milliseconds."),
        ("p90_ms", MaybeNumber, false, "90th percentile of it. Milliseconds."),
    ]);
    /// How old changes are in a stage.
    Age = object("How old finished changes were when they left a stage, beside the requests that are in it.", &[
        ("stage", Text, false, "Id of the stage."),
        ("label", Text, false, "Its name for people."),
        ("open", Whole, false, "Open requests in it."),
        ("finished", Whole, false, "Finished changes behind the ages."),
        ("p50_hours", MaybeNumber, false, "Half of them were younger; `null` for fewer than 20 of them."),
        ("p85_hours", MaybeNumber, false, "85 of 100 were younger."),
        ("p95_hours", MaybeNumber, false, "95 of 100 were younger."),
    ]);
    /// What would be.
    WhatIfNow = object("What the line would be.", &[
        ("schema", Text, false, "`what-if/v1`"),
        ("line", Any, false, "The simulated line: what was asked (`asked`), and where that is not today, its medians and 90th percentiles in hours before and their changes as figures, and how busy each station is before and then (`loads`); `null` where its simulation does not hold."),
        ("refused", MaybeText, false, "Why the simulated line answers nothing."),
        ("stages", Any, false, "With shares of stages (`asked`): medians and 90th percentiles in hours before, and their changes as figures; `null` where too little is known."),
    ]);
    /// The tests of a repository.
    Suite = object("The tests of a repository in all.", &[
        ("suite", Text, false, "The repository, as its results are called."),
        ("tests", Whole, false, "Tests; each variant counts."),
        ("runs", Whole, false, "Runs that were recorded."),
        ("first", MaybeInstant, false, "The first of them."),
        ("last", MaybeInstant, false, "The last of them."),
        ("classes", Object, false, "Tests by what history says of them."),
        ("red_by_chance", MaybeNumber, false, "The chance that a run of all tests is red though nothing is wrong."),
        ("lost_attempts", MaybeWhole, false, "Attempts that flakes cost in the last 30 days; `null` where that cannot be read."),
        ("lost_minutes", MaybeNumber, false, "Minutes of these."),
    ]);
    /// What is in quarantine.
    QuarantinesNow = object("What is in quarantine.", &[
        ("schema", Text, false, "`quarantines/v1`"),
        ("files", Many("QuarantineFile"), false, "The files of the repositories that are measured."),
        ("entries", Many("QuarantineEntry"), false, "Their entries, what needs somebody first."),
        ("gate", Object, false, "The gate’s decisions in the last 30 days, of the latest 200: by outcome, and in how many the failures of which test were taken out (`masked`)."),
    ]);
    /// A file.
    QuarantineFile = object("The quarantine of a repository, `.throughline/quarantine.toml` at its `HEAD`.", &[
        ("repository", Text, false, "The repository."),
        ("is_there", Flag, false, "Whether it has such a file."),
        ("tests", Whole, false, "Entries of it."),
        ("limit", MaybeWhole, false, "Entries in force that it may have."),
        ("problem", MaybeText, false, "Why it cannot be read."),
    ]);
    /// An entry.
    QuarantineEntry = object("A test in quarantine.", &[
        ("repository", Text, false, "The repository whose file has it."),
        ("state", Text, false, "`over`, `released` where it can be taken out, `in-force` or `not-yet`."),
        ("clean", Whole, false, "Clean runs since its last failure."),
        ("needed", MaybeWhole, false, "Clean runs after which it is released; `null` where no number of them would do."),
        ("days_left", MaybeWhole, false, "Days to its last one; negative where that is over."),
        ("suite", MaybeText, false, "The suite whose history knows the test."),
        ("id", Text, false, "Id of the test."),
        ("name", Text, false, "Its name for people."),
        ("file", Text, true, "Its file, where that is known."),
        ("variant", Text, true, "The variant, where it is about one alone."),
        ("signatures", Texts, false, "The failures that are known."),
        ("owner", Text, false, "Who sees to it, as the file says."),
        ("issue", Text, false, "Where that is talked about."),
        ("since", Text, false, "First day."),
        ("expires", Text, false, "Last day."),
        ("clean_runs", Whole, false, "Clean runs that the file asks for."),
        ("evidence", Object, false, "What it was put there for."),
    ]);
    /// What is collected by schedule.
    JobsNow = object("What is collected by schedule.", &[
        ("schema", Text, false, "`jobs/v1`"),
        ("jobs", Any, false, "Every source, and how collecting from it went last."),
    ]);
    /// What can be done to a job.
    JobAction = choice("What can be done to a job.", ["pause", "resume", "run"]);
    /// Which cohort.
    CohortName = choice("A cohort by evidence of AI use.", COHORTS.iter().map(|(name, _)| *name));
    /// Which stage.
    StageName = choice("A stage that a request can wait in.", STAGES);
    /// Which class of tests.
    ClassName = choice("What history says of a test.", CLASSES.into_iter().chain(["any"]));
    /// Which measure.
    MeasureName = choice("A measure.", MEASURES.iter().map(|doc| doc.id));
    /// A date or an instant of an address.
    InstantText = {
        let what = "A date such as 2026-03-01, or an instant such as 2026-03-01T12:00:00Z.";
        let builder = ObjectBuilder::new().schema_type(Type::String).description(Some(what));
        let pattern = r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ)?$";
        RefOr::T(builder.pattern(Some(pattern)).build().into())
    };
    /// Which badge.
    BadgeName = {
        let names: Vec<String> = BADGES.iter().map(|(name, _)| format!("{name}.svg")).collect();
        choice("A badge.", names.iter().map(String::as_str))
    };
}

const JOURNEY: &[Field] = &[
    ("repository", Text, false, "The repository’s name for people."),
    ("change", Text, false, "The change within it, such as `#12` or a short commit id."),
    ("shape", Text, false, "How it arrived on the default branch."),
    ("cohort", Text, false, "Its cohort by evidence of AI use."),
    (
        "author_pseudonym",
        Text,
        false,
        "A pseudonym, the same in every row of one answer; a name where names were turned on.",
    ),
    ("first_commit", MaybeInstant, false, "Author date of its first commit."),
    ("last_push", MaybeInstant, false, "Last push before the merge."),
    ("merged", MaybeInstant, false, "When it was put on the default branch."),
    ("released", MaybeInstant, false, "When the first release with it was made."),
    ("release", MaybeText, false, "Tag of that release."),
    ("coding_ms", MaybeSpan, false, "First commit to last push."),
    ("review_wait_ms", MaybeSpan, false, "Last push to merge."),
    ("release_wait_ms", MaybeSpan, false, "Merge to release or deployment."),
    ("total_ms", MaybeSpan, false, "The whole line, where every stage is known."),
    (
        "shift_ms",
        Span,
        false,
        "The largest move of a boundary that kept time from running backwards.",
    ),
    ("lines_added", MaybeWhole, false, "Lines added."),
    ("lines_removed", MaybeWhole, false, "Lines removed."),
    ("files", MaybeWhole, false, "Files touched."),
    (
        "failed",
        MaybeFlag,
        false,
        "Whether it failed, at grades A to C; `null` while it is too young to tell.",
    ),
    ("grade", MaybeText, false, "Grade of the surest failure link, `A` to `E`."),
    ("team", MaybeText, false, "Team of the configuration."),
    ("ticket_opened", MaybeInstant, false, "When its ticket was opened."),
    ("work_started", MaybeInstant, false, "When work on it started."),
    ("request_opened", MaybeInstant, false, "When its request was opened."),
    ("ready", MaybeInstant, false, "When it was ready for review."),
    ("first_review", MaybeInstant, false, "First review by a person who is not the author."),
    ("approved", MaybeInstant, false, "Since when its approvals held."),
    (
        "deploy_started",
        MaybeInstant,
        false,
        "When the deployment that brought it to production began.",
    ),
    ("in_production", MaybeInstant, false, "When it was in production."),
    ("first_ai_review", MaybeInstant, false, "First review by a program."),
    ("backlog_ms", MaybeSpan, false, "Ticket opened to work started."),
    ("pickup_ms", MaybeSpan, false, "Ready to first review."),
    ("review_ms", MaybeSpan, false, "First review to approval."),
    ("merge_wait_ms", MaybeSpan, false, "Approval to merge."),
    ("deploy_ms", MaybeSpan, false, "Start to end of the deployment."),
    (
        "reviewers_turn_ms",
        MaybeSpan,
        false,
        "Of the review, the time that it waited for a reviewer.",
    ),
    (
        "authors_turn_ms",
        MaybeSpan,
        false,
        "Of the review, the time that its author changed it again.",
    ),
    ("reviews", MaybeWhole, false, "Reviews by people."),
    ("ticket", MaybeText, false, "Key of its ticket."),
    ("service", MaybeText, false, "Service that it came to production with."),
];

const OPEN: &[Field] = &[
    ("repository", Text, false, "The repository’s name for people."),
    ("change", Text, false, "The request within it: `#12`."),
    ("stage", Text, false, "Id of the stage that it is in; empty where that is not known."),
    ("stage_label", Text, false, "Name of that stage for people."),
    ("since", MaybeInstant, false, "Since when it is in that stage."),
    ("waited_ms", Span, false, "How long that is."),
    ("begun", MaybeInstant, false, "First known boundary of its journey."),
    ("age_ms", Span, false, "How long that is ago."),
    ("opened", MaybeInstant, false, "When it was opened."),
    ("ready", MaybeInstant, false, "When it was ready for review."),
    ("first_review", MaybeInstant, false, "First review by a person who is not the author."),
    ("approved", MaybeInstant, false, "Since when its approvals hold."),
    ("waits_for", Text, false, "What it waits for, in words."),
    (
        "longer_than",
        MaybeNumber,
        false,
        "The share of finished waits of this stage that were shorter; `null` for fewer than 20 of them.",
    ),
];

const DEPLOYMENT: &[Field] = &[
    ("service", Text, false, "The service."),
    ("environment", Text, false, "The environment, as the source calls it."),
    ("repository", Text, false, "The repository’s name for people; empty where it is not known."),
    ("what", Text, false, "What was deployed: full id of a commit, or version."),
    ("started", MaybeInstant, false, "When it was asked for or started."),
    ("finished", Instant, false, "When it ended."),
    ("took_ms", MaybeSpan, false, "From start to end."),
    ("outcome", Text, false, "How it ended."),
    ("form", Text, false, "`planned`, `rollback` or `hotfix`."),
    ("why", MaybeText, false, "Why it is a rollback or a hotfix."),
    ("changes", Whole, false, "Changes that it brought to production first."),
    ("brought", Texts, false, "The same by name, as journeys have it."),
    ("keys", Texts, false, "Keys of its records in the ledger."),
    ("failures", Many("FailureSign"), false, "Signs that it failed, the surest first."),
    (
        "recovered",
        MaybeInstant,
        false,
        "When users were served again, where it failed and they were.",
    ),
    ("recovery_ms", MaybeSpan, false, "From its end to then."),
];

const INCIDENT: &[Field] = &[
    ("key", Text, false, "Its key, by the source."),
    ("title", Text, false, "Its title; empty where it has none."),
    ("severity", Text, false, "Severity in the source’s words."),
    ("services", Texts, false, "Services that it concerns."),
    ("repository", Text, false, "Repository; empty where unknown."),
    ("environment", Text, false, "Environment; empty where unknown."),
    ("url", Text, false, "Address of its page; empty where it has none."),
    ("opened", Instant, false, "When it began."),
    ("acked", MaybeInstant, false, "When somebody took it first."),
    ("resolved", MaybeInstant, false, "When it was over; `null` while it goes on."),
    ("to_ack_ms", MaybeSpan, false, "From the beginning until somebody took it."),
    ("to_resolve_ms", MaybeSpan, false, "From the beginning until it was over."),
    ("reopened", Whole, false, "How often it came back."),
    ("causes", Many("Cause"), false, "Deployments that are blamed for it, the surest first."),
    ("changes", Many("BlamedChange"), false, "Changes that are blamed for it, the surest first."),
];

const TEST: &[Field] = &[
    ("suite", Text, false, "The repository, as its results are called."),
    (
        "cost_minutes",
        MaybeNumber,
        false,
        "Minutes of lost attempts in the last 30 days; `null` where that cannot be read.",
    ),
    ("id", Text, false, "Its id."),
    ("test", Object, false, "Its names."),
    ("variant", Text, true, "The variant, where there are several."),
    ("class", Text, false, "What history says of it."),
    ("proven", Flag, false, "Whether it is surely flaky."),
    ("rate", Object, false, "How often it fails in its last phase."),
    ("phases", Any, false, "Its phases, the oldest first."),
    ("divergent", Texts, false, "The last commits on which it failed and then passed."),
    ("divergent_all", Whole, false, "How many such commits there were."),
    ("reasons", Any, false, "The reasons that it failed for most."),
    ("runs", Whole, false, "First attempts on merged code."),
    ("red", Whole, false, "Of those, red ones."),
    ("unmerged", Whole, false, "First attempts on code that was not merged yet."),
    ("unmerged_red", Whole, false, "Of those, red ones."),
    ("clean", Whole, false, "Green ones since the last red one."),
    ("waits", Whole, false, "How often a wait for clean runs began anew."),
    ("infra", Whole, false, "First attempts that a machine failed."),
    ("p50_ms", MaybeWhole, false, "The median of its duration in milliseconds."),
    ("p75_ms", MaybeWhole, false, "The 75th percentile of it."),
    ("first", Instant, false, "When it was seen first."),
    ("last", Instant, false, "When it was seen last."),
];
