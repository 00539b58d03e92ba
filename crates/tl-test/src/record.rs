//! A run of tests into history: rows in the lake, states and names in the ledger, in one swap.
//!
//! In: [`Gathered`] results and [`RunInfo`]. Out: [`Recorded`]. Start at [`record`]; what history
//! knows is read by [`known`], single executions by [`executions`].
//! **Invariants:** a run is in history whole or not at all, wherever the process is killed: the file
//! is on disk before the ledger lists it, and rows, states, names and events change in one
//! transaction. The same upload twice changes nothing. Several processes may record at once: who
//! comes late reads what is there now, and folds again. Results are first attempts, retries or
//! skips; a test that an incomplete run does not tell of has no result, and is not green.
//! **Definition:** `docs/test.md`, "History".

mod dims;
mod evidence;
mod gather;
mod history;
mod lesson;
mod names;
mod outages;
mod rebuild;
mod rows_of;
mod states;
#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};
use tl_core::event::Event;
use tl_core::fact::{TestsRecorded, kind, role};
use tl_core::segment::{Pack, Segment};
use tl_core::time::Timestamp;
use tl_lake::place::{Place, PlaceError};
use tl_lake::write::WriteError;
use tl_ledger::Ledger;
use tl_ledger::lake::{LakeError, Standing, Swap, SwapError, Swapped};

pub use dims::{Commit, Known as Reason, Run};
pub use evidence::{attempts, orders};
pub use gather::Gathered;
pub use history::{AtRun, Executed, History, HistoryError, Test, executions, known};
pub use lesson::{Lesson, coverage, failed_in, remember_coverage};
pub use rebuild::{Rebuilt, rebuild};

use crate::choose::weights::Outcomes;
use crate::outage::Here;
use dims::Dims;
use rows_of::Resolved;

/// The lake of results, as ledgers call it.
pub const LAKE: &str = "results";

/// Source of the event that stands for a run.
const SOURCE: &str = "throughline";

/// How often a run is folded again because another writer was first.
const ROUNDS: u32 = 24;

/// Bytes of a commit's id, a variant and the like.
const TEXT: usize = 256;

/// What is to be known of a run, beside its results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunInfo {
    /// Object id of the commit that was tested.
    pub commit: String,
    /// What else tells runs of one commit apart, sorted: `os=linux,py=3.12`; empty where there is one.
    pub variant: String,
    /// Job of the pipeline; empty where there is one.
    pub job: String,
    /// Shard of the job, such as `2/4`; empty: not split.
    pub shard: String,
    /// Which attempt of the pipeline, from 1.
    pub attempt: u32,
    /// Build of the CI system; empty where there is none.
    pub build: String,
    /// The change under test: `acme/api#12`; empty where there is none.
    pub change: String,
    /// Whether what ran is in no default branch yet; code of a change never is.
    pub unmerged: bool,
    /// Its author, as the caller calls people; empty where unknown.
    pub author: String,
    /// When it ran: the same for all its rows.
    pub at: Timestamp,
    /// Whether the evidence was whole.
    pub complete: bool,
    /// Whether only a part of the tests was chosen to run.
    pub selected: bool,
    /// Reports that were read.
    pub reports: u32,
    /// How the runner ended, where that is known.
    pub exit: Option<i32>,
    /// Hex SHA-256 over the reports: by it an upload that comes twice is known.
    pub digest: String,
}

impl RunInfo {
    const fn is_unmerged(&self) -> bool {
        self.unmerged || !self.change.is_empty()
    }

    /// Where it ran, as outages are told by.
    pub fn here(&self) -> Here {
        let Self { variant, job, shard, change, unmerged, commit, at, .. } = self;
        Here::new([variant, job, shard], change, *unmerged, commit, *at)
    }
}

/// What goes into history beside the results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Events that stand or fall with the run.
    pub events: &'a [Event],
    /// What it teaches about choosing tests.
    pub lesson: Option<&'a Lesson>,
}

/// What became of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Whether it was there already; nothing was changed then.
    pub already: bool,
    /// Executions in the reports.
    pub cases: u64,
    /// Rows of them: repetitions of one attempt are one.
    pub rows: u64,
    /// Different tests.
    pub tests: u64,
    /// Tests that history did not know.
    pub new: u64,
    /// Names of this run that stand for the same test as another name of it.
    pub merged: u64,
    /// Number of the segment with the rows; `None` where there was none to write.
    pub segment: Option<u64>,
    /// How often it was folded: more than once where others recorded at the same time.
    pub rounds: u32,
}

/// Why a pack of the ledger cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pack `{name}` {block} of history {what}")]
pub struct PackError {
    /// Its name.
    pub name: String,
    /// Which part of that.
    pub block: u32,
    /// What is wrong.
    pub what: String,
}

impl PackError {
    fn damaged(pack: &Pack) -> Self {
        let what = "is damaged".to_owned();
        Self { name: pack.name.clone(), block: pack.block, what }
    }

    fn version(pack: &Pack, found: u8) -> Self {
        let what = format!("was written by a later version of throughline, in form {found}");
        Self { name: pack.name.clone(), block: pack.block, what }
    }

    fn missing(name: &str, block: u32) -> Self {
        Self { name: name.to_owned(), block, what: "is not whole".to_owned() }
    }
}

/// Why a run was not recorded. History is as it was then.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The run cannot be told from others.
    #[error("a run cannot be recorded without its {what}")]
    Unknown {
        /// Commit or digest.
        what: &'static str,
    },
    /// A text of the run is too long.
    #[error("the {what} of a run has more than {TEXT} bytes")]
    TooLong {
        /// Which one.
        what: &'static str,
    },
    /// What the ledger holds cannot be read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] LakeError),
    /// The rows cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The file cannot be put in its place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// Others recorded all the time.
    #[error("others were first {rounds} times: the run was not recorded")]
    Busy {
        /// How often.
        rounds: u32,
    },
}

/// Records a run: its rows, what they change in the states of its tests, `tests.recorded`, and what
/// the caller hands over beside it.
///
/// # Errors
/// The run has no commit or digest; ledger or lake cannot be read or written.
pub async fn record(
    ledger: &Ledger,
    place: &Place,
    lake: &str,
    info: &RunInfo,
    gathered: &Gathered,
    beside: &Beside<'_>,
    now: Timestamp,
) -> Result<Recorded, RecordError> {
    check(info)?;
    let mut unlisted: Option<Segment> = None;
    for round in 1..=ROUNDS {
        if let Some(segment) = unlisted.take() {
            let manifest = ledger.lake(lake).await?;
            // Nobody can list a number that others have passed.
            let is_listed = manifest.segments.iter().any(|known| known.path == segment.path);
            if segment.id < manifest.next && !is_listed {
                place.delete(&segment.path)?;
            }
        }
        let planned = plan(ledger, lake, info, gathered, beside.lesson, now);
        let Some(mut planned) = planned.await? else { continue };
        planned.recorded.rounds = round;
        let standing = planned.standing;
        if !planned.rows.is_empty() {
            let (bytes, segment) = tl_lake::write::write(&planned.rows, 0, standing.next)?;
            place.put(&segment.path, bytes)?;
            planned.recorded.segment = Some(segment.id);
            unlisted = Some(segment);
        }
        let mut all = vec![told(info, gathered, &planned.recorded)];
        all.extend_from_slice(beside.events);
        let swap = Swap {
            lake,
            expected: standing.generation,
            add: unlisted.as_slice(),
            remove: &[],
            packs: &planned.packs,
            events: &all,
            at: now,
        };
        match ledger.swap(&swap).await {
            Ok(Swapped::Done { .. }) => return Ok(planned.recorded),
            Ok(Swapped::AlreadyThere) => {
                let listed = ledger.lake(lake).await?.segments;
                let orphan = unlisted.filter(|own| listed.iter().all(|one| one.path != own.path));
                orphan.map_or(Ok(()), |segment| place.delete(&segment.path))?;
                return Ok(Recorded { already: true, new: 0, segment: None, ..planned.recorded });
            }
            Err(SwapError::Late { .. }) => wait(info, round).await,
            Err(err) => return Err(err.into()),
        }
    }
    Err(RecordError::Busy { rounds: ROUNDS })
}

/// What a swap is to write.
struct Planned {
    /// How the lake stood.
    standing: Standing,
    rows: tl_lake::rows::Rows,
    packs: Vec<Pack>,
    recorded: Recorded,
}

/// Reads what is there, and folds the run into it; `None` where somebody wrote in between.
async fn plan(
    ledger: &Ledger,
    lake: &str,
    info: &RunInfo,
    gathered: &Gathered,
    lesson: Option<&Lesson>,
    now: Timestamp,
) -> Result<Option<Planned>, RecordError> {
    let (standing, packs) = ledger.packs(lake, &dims::WHOLE).await?;
    let mut dims = Dims::read(standing.generation, &packs)?;
    drop(packs);
    let mut wanted = dims.ends().to_vec();
    wanted.extend([(outages::PACK, 0), (lesson::WEIGHTS, 0)]);
    let (also, ends) = ledger.blocks(lake, &wanted).await?;
    if also != standing {
        return Ok(None);
    }
    dims.read_ends(&ends)?;
    let known = dims.tests.len();
    let (commit, variant) = (dims.commit(&info.commit, info.at), dims.variant(&info.variant));
    let (shared, outages) = outages::of_run(&ends, info, gathered)?;
    let resolved = Resolved::new(gathered, &shared, &mut dims);
    let run = dims.run(run_of(info, gathered, commit, variant));
    let place = rows_of::Place {
        commit,
        variant,
        run,
        at: info.at,
        job: job(&info.job),
        attempt: info.attempt.max(1),
        unmerged: info.is_unmerged(),
    };
    let name = states::name(variant);
    let touched = states::touched(&resolved);
    let wanted: Vec<(&str, u32)> = touched.iter().map(|block| (name.as_str(), *block)).collect();
    let (also, known_states) = ledger.blocks(lake, &wanted).await?;
    if also != standing {
        return Ok(None);
    }
    let mut outcomes = Outcomes::default();
    let mut packs = states::fold(&known_states, &resolved, &place, &dims, &mut outcomes)?;
    packs.extend(dims.changed());
    packs.extend(outages);
    packs.push(lesson::weighed(&ends, &outcomes)?);
    if let Some(lesson) = lesson {
        let (also, known) = ledger.packs(lake, &lesson::PACKS).await?;
        if also != standing {
            return Ok(None);
        }
        let red = lesson::red(&resolved, &place, &dims);
        packs.extend(lesson::packs(&known, lesson, &red, now)?);
    }
    let rows = resolved.rows(&place);
    let recorded = Recorded {
        already: false,
        cases: gathered.cases,
        rows: rows.len() as u64,
        tests: resolved.tests().count() as u64,
        new: u64::from(dims.tests.len() - known),
        merged: resolved.merged,
        segment: None,
        rounds: 0,
    };
    Ok(Some(Planned { standing, rows, packs, recorded }))
}

fn check(info: &RunInfo) -> Result<(), RecordError> {
    for (what, text) in [("commit", &info.commit), ("digest", &info.digest)] {
        if text.trim().is_empty() {
            return Err(RecordError::Unknown { what });
        }
    }
    let texts = [
        ("commit", &info.commit),
        ("variant", &info.variant),
        ("job", &info.job),
        ("shard", &info.shard),
        ("build", &info.build),
        ("change", &info.change),
        ("author", &info.author),
        ("digest", &info.digest),
    ];
    match texts.into_iter().find(|(_, text)| text.len() > TEXT) {
        Some((what, _)) => Err(RecordError::TooLong { what }),
        None => Ok(()),
    }
}

/// Lets others go first, each process for another time: 20 ms and more, a second at most.
async fn wait(info: &RunInfo, round: u32) {
    let own = Sha256::digest(format!("{round} {} {}", std::process::id(), info.digest));
    let millis = (20_u64 << round.min(5)) * (64 + u64::from(own[0])) / 192;
    tokio::time::sleep(std::time::Duration::from_millis(millis.min(1_000))).await;
}

fn run_of(info: &RunInfo, gathered: &Gathered, commit: u32, variant: u32) -> Run {
    Run {
        commit,
        variant,
        at: info.at,
        attempt: info.attempt.max(1),
        job: info.job.clone(),
        shard: info.shard.clone(),
        build: info.build.clone(),
        change: info.change.clone(),
        unmerged: info.is_unmerged(),
        author: info.author.clone(),
        complete: info.complete,
        selected: info.selected,
        cases: gathered.cases,
        red: gathered.red,
        ms: gathered.micros / 1_000,
    }
}

/// What stands for a job in states: the first bits of the SHA-256 of its name.
fn job(name: &str) -> u32 {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// The event that stands for the run. Its key says what the run is, and its reports: the same upload
/// has the same.
fn told(info: &RunInfo, gathered: &Gathered, recorded: &Recorded) -> Event {
    let attempt = info.attempt.max(1);
    let which = serde_json::json!([info.variant, info.job, info.shard, attempt]).to_string();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let which = hex(&Sha256::digest(which)[..8]);
    let reports = hex(&Sha256::digest(info.digest.as_bytes())[..8]);
    let key = format!("run/{}/{which}/{reports}", info.commit);
    let subject = if info.build.is_empty() {
        format!("tests:{}@{}", info.variant, info.commit)
    } else {
        format!("build:{}", info.build)
    };
    Event::new(kind::TESTS_RECORDED, info.at, SOURCE, &key, &subject)
        .about(role::COMMIT, info.commit.as_str())
        .about(role::CHANGE, info.change.as_str())
        .about(role::BUILD, info.build.as_str())
        .with(&TestsRecorded {
            variant: info.variant.clone(),
            job: info.job.clone(),
            shard: info.shard.clone(),
            attempt,
            cases: gathered.cases,
            red: gathered.red,
            skipped: gathered.skipped,
            complete: info.complete,
            selected: info.selected,
            reports: info.reports,
            seconds: (gathered.micros / 1_000) as f64 / 1_000.0,
            exit: info.exit,
            segment: recorded.segment.unwrap_or(0),
            digest: info.digest.clone(),
        })
}
