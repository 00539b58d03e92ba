//! What it costs to read large reports: JUnit XML, and the formats of JSON.
//!
//! In: reports that are made up while they are read, so that they take no room. Out: CPU seconds,
//! without those of making them up, and memory. Start at [`measure`]. **Invariant:** the number of
//! cases that were read is compared with what was made up; another one is an error and no figure.

use std::io::{self, BufReader, Read};

use tl_test::read::{Limits, Report, name};

use super::{Figure, Options, Problem, cpu_seconds, peak_mib};

/// Cases of the large report, and its bytes, about.
const CASES: u64 = 489_000;
const BYTES: u64 = 105_000_000;

/// Bytes of one text that a test wrote.
const OUTPUT: u64 = 1 << 30;

/// What a report is made of: its beginning, its cases by number, its end.
struct Shape {
    name: &'static str,
    head: &'static str,
    case: fn(u64, &mut Vec<u8>),
    tail: fn(u64) -> String,
}

/// Formats that one may be as large in.
const SHAPES: [Shape; 5] = [
    Shape {
        name: "jest",
        head: r#"{"numTotalTests":0,"testResults":["#,
        case: jest,
        tail: |_| r#"],"wasInterrupted":false}"#.to_owned(),
    },
    Shape {
        name: "Playwright",
        head: r#"{"config":{"rootDir":"/src"},"errors":[],"suites":["#,
        case: playwright,
        tail: |_| "]}".to_owned(),
    },
    Shape {
        name: "CTRF",
        head: r#"{"reportFormat":"CTRF","specVersion":"0.0.0","results":{"tool":{"name":"x"},"tests":["#,
        case: ctrf,
        tail: |cases| format!(r#"],"summary":{{"tests":{cases}}}}}}}"#),
    },
    Shape {
        name: "go test -json",
        head: "",
        case: go,
        tail: |cases| package(cases.saturating_sub(1) / 100),
    },
    Shape {
        name: "libtest",
        head: "{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 1 }\n",
        case: libtest,
        tail: |cases| {
            format!(
                "{{ \"type\": \"suite\", \"event\": \"ok\", \"passed\": {cases}, \"failed\": 0 }}\n"
            )
        },
    },
];

/// Takes the measure.
///
/// # Errors
/// A reader finds another number of cases than there are.
pub(super) fn measure(_: &Options) -> Result<Vec<Figure>, Problem> {
    let mut figures = Vec::new();
    let shape = Shape {
        name: "JUnit",
        head: "<?xml version=\"1.0\"?><testsuites><testsuite name=\"orders\">\n",
        case: junit,
        tail: |_| "</testsuite></testsuites>".to_owned(),
    };
    let seconds = timed(&shape, Some(CASES), false)?;
    figures.push(Figure::new(format!("JUnit, {CASES} cases"), seconds, "CPU s").at_most(1.0));
    let seconds = timed(&shape, Some(CASES), true)?;
    figures.push(Figure::new(format!("JUnit, {CASES} cases, with keys"), seconds, "CPU s"));
    let seconds = output()?;
    figures.push(Figure::new("JUnit, 1 GB written by one test", seconds, "CPU s").at_most(12.0));
    figures.push(Figure::new("most memory until then", peak()?, "MiB").at_most(64.0));
    for shape in &SHAPES {
        let seconds = timed(shape, None, false)?;
        figures.push(Figure::new(format!("{}, 105 MB", shape.name), seconds, "CPU s"));
    }
    figures.push(Figure::new("most memory", peak()?, "MiB").at_most(64.0));
    Ok(figures)
}

fn peak() -> Result<f64, Problem> {
    Ok(peak_mib().ok_or("memory is measured on Linux alone")?)
}

fn now() -> Result<f64, Problem> {
    Ok(cpu_seconds().ok_or("CPU seconds are measured on Linux alone")?)
}

/// CPU seconds of reading a report, less those of making it up.
fn timed(shape: &Shape, cases: Option<u64>, keys: bool) -> Result<f64, Problem> {
    let made = |begun: f64| -> Result<(f64, u64), Problem> {
        let mut maker = Maker::new(shape, cases);
        io::copy(&mut maker, &mut io::sink())?;
        Ok((now()? - begun, maker.made))
    };
    let (making, expected) = made(now()?)?;
    let begun = now()?;
    let input = BufReader::with_capacity(256 << 10, Maker::new(shape, cases));
    let mut report = Report::open(shape.name, input, None, Limits::default())?;
    let (mut found, mut mixed) = (0, 0);
    while let Some(batch) = report.next_batch()? {
        found += batch.len() as u64;
        if keys {
            batch.iter().for_each(|case| mixed ^= name::key(&case.test).0[0]);
        }
    }
    let seconds = now()? - begun - making;
    std::hint::black_box(mixed);
    let ending = report.ending();
    if found != expected || !ending.complete {
        let said = ending.remarks;
        return Err(format!("{}: {found} cases, not {expected}: {said:?}", shape.name).into());
    }
    Ok(seconds)
}

/// CPU seconds of reading a report of one case that wrote a great deal.
fn output() -> Result<f64, Problem> {
    let head = "<testsuite name=\"a\"><testcase name=\"writes\"><system-out><![CDATA[";
    let tail = "]]></system-out></testcase></testsuite>";
    let body = io::repeat(b'x').take(OUTPUT);
    let input =
        BufReader::with_capacity(256 << 10, head.as_bytes().chain(body).chain(tail.as_bytes()));
    let begun = now()?;
    let mut report = Report::open("output", input, None, Limits::default())?;
    let mut found = 0;
    while let Some(batch) = report.next_batch()? {
        found += batch.len();
    }
    let seconds = now()? - begun;
    if found != 1 || !report.ending().complete {
        return Err("a case that wrote much was not read".into());
    }
    Ok(seconds)
}

/// A report that is made up as it is read.
struct Maker<'s> {
    shape: &'s Shape,
    /// Cases that it shall have; as many as fit into [`BYTES`], where none are said.
    cases: Option<u64>,
    made: u64,
    bytes: u64,
    part: Vec<u8>,
    at: usize,
    over: bool,
}

impl<'s> Maker<'s> {
    fn new(shape: &'s Shape, cases: Option<u64>) -> Self {
        let part = shape.head.as_bytes().to_vec();
        Self { shape, cases, made: 0, bytes: 0, part, at: 0, over: false }
    }

    fn fill(&mut self) {
        self.part.clear();
        self.at = 0;
        while self.part.len() < 64 << 10 && !self.over {
            let full = self.bytes + self.part.len() as u64 >= BYTES;
            if self.cases.map_or(full, |cases| self.made >= cases) {
                self.over = true;
                self.part.extend_from_slice((self.shape.tail)(self.made).as_bytes());
            } else {
                (self.shape.case)(self.made, &mut self.part);
                self.made += 1;
            }
        }
        self.bytes += self.part.len() as u64;
    }
}

impl Read for Maker<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.at == self.part.len() && !self.over {
            self.fill();
        }
        let rest = &self.part[self.at..];
        let len = rest.len().min(to.len());
        to[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }
}

fn put(to: &mut Vec<u8>, text: &str) {
    to.extend_from_slice(text.as_bytes());
}

fn junit(at: u64, to: &mut Vec<u8>) {
    if at > 0 && at.is_multiple_of(1_000) {
        put(to, "</testsuite><testsuite name=\"orders\">\n");
    }
    let (class, line) = (at / 50, at % 400 + 1);
    put(
        to,
        &format!(
            "<testcase classname=\"acme.orders.rules.Adds{class}\" name=\"adds {at} items and more of \
             them[case-{line}]\" time=\"0.012\" file=\"src/orders/rules/adds_{class}.py\" line=\"{line}\""
        ),
    );
    if at.is_multiple_of(50) {
        put(
            to,
            "><failure type=\"AssertionError\" message=\"expected 3 but was 2\">at f (src/a.py:12)\n",
        );
        put(to, &"    called by something else\n".repeat(60));
        put(to, "</failure></testcase>\n");
    } else {
        put(to, "/>\n");
    }
}

fn jest(at: u64, to: &mut Vec<u8>) {
    let comma = if at == 0 { "" } else { "," };
    put(
        to,
        &format!(
            r#"{comma}{{"assertionResults":[{{"ancestorTitles":["orders","adds"],"duration":3,"failureDetails":[],"failureMessages":[],"fullName":"orders adds {at}","invocations":1,"location":null,"numPassingAsserts":1,"retryReasons":[],"status":"passed","title":"adds {at} items"}}],"endTime":1700000000000,"message":"","name":"/src/orders/a{at}.test.js","startTime":1700000000000,"status":"passed","summary":""}}"#
        ),
    );
}

fn playwright(at: u64, to: &mut Vec<u8>) {
    let comma = if at == 0 { "" } else { "," };
    put(
        to,
        &format!(
            r#"{comma}{{"title":"a{at}.spec.ts","file":"a{at}.spec.ts","column":0,"line":0,"specs":[{{"title":"adds {at} items","ok":true,"tags":[],"tests":[{{"timeout":30000,"annotations":[],"expectedStatus":"passed","projectId":"chromium","projectName":"chromium","results":[{{"workerIndex":0,"status":"passed","duration":123,"errors":[],"stdout":[{{"text":"a line\n"}}],"stderr":[],"retry":0,"startTime":"2026-11-03T10:00:00.000Z","attachments":[]}}],"status":"expected"}}],"id":"x","file":"a{at}.spec.ts","line":3,"column":1}}],"suites":[]}}"#
        ),
    );
}

fn ctrf(at: u64, to: &mut Vec<u8>) {
    let comma = if at == 0 { "" } else { "," };
    let file = at / 20;
    put(
        to,
        &format!(
            r#"{comma}{{"name":"adds {at} items","status":"passed","duration":12,"suite":"orders > adds","filePath":"src/orders/a{file}.test.ts","retries":0,"flaky":false}}"#
        ),
    );
}

fn go(at: u64, to: &mut Vec<u8>) {
    let of = format!(
        r#"{{"Time":"2026-11-03T10:00:00.000000001Z","Package":"acme.org/shop/orders{}","Test":"TestAdd{at}","Action""#,
        at / 100
    );
    put(
        to,
        &format!("{of}:\"run\"}}\n{of}:\"output\",\"Output\":\"=== RUN   TestAdd{at}\\n\"}}\n"),
    );
    put(to, &format!("{of}:\"output\",\"Output\":\"--- PASS: TestAdd{at} (0.00s)\\n\"}}\n"));
    put(to, &format!("{of}:\"pass\",\"Elapsed\":0.01}}\n"));
    if at % 100 == 99 {
        put(to, &package(at / 100));
    }
}

/// The end of a package.
fn package(number: u64) -> String {
    format!(
        "{{\"Action\":\"pass\",\"Package\":\"acme.org/shop/orders{number}\",\"Elapsed\":0.2}}\n"
    )
}

fn libtest(at: u64, to: &mut Vec<u8>) {
    put(
        to,
        &format!(
            "{{ \"type\": \"test\", \"event\": \"started\", \"name\": \"orders::tests::adds_{at}\" }}\n\
             {{ \"type\": \"test\", \"name\": \"orders::tests::adds_{at}\", \"event\": \"ok\", \"exec_time\": 0.012 }}\n"
        ),
    );
}
