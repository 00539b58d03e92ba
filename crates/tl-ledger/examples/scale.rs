//! Throw-away.
#![allow(
    clippy::all,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    clippy::allow_attributes
)]
use std::time::Instant;
use tl_core::event::Event;
use tl_core::time::Timestamp;
use tl_ledger::Ledger;
use tl_ledger::read::Recorded;
use tl_ledger::rows::*;

struct J;
impl RowProjection for J {
    const NAME: &'static str = "journeys";
    const VERSION: u32 = 1;
    fn keys(r: &Recorded, keys: &mut Vec<RowKey>) {
        if let Some(c) = r.event.refs.get("change") {
            keys.push(RowKey { table: 0, key: c.clone() });
        }
        if let Some(c) = r.event.refs.get("build") {
            keys.push(RowKey { table: 1, key: c.clone() });
        }
    }
    fn fold(_k: &RowKey, stored: Option<&[u8]>, events: &[&Recorded]) -> Option<Row> {
        let mut v = stored.unwrap_or_default().to_vec();
        let mut at = v.get(..8).map_or(0, |b| i64::from_le_bytes(b.try_into().unwrap()));
        if v.is_empty() {
            v.extend(0i64.to_le_bytes());
        }
        for e in events {
            at = at.max(e.event.at.as_millis());
            v.extend(e.event.at.as_millis().to_le_bytes());
            v.extend(e.event.actor.as_deref().unwrap_or("").as_bytes());
            v.push(e.event.kind.len() as u8);
        }
        v[..8].copy_from_slice(&at.to_le_bytes());
        Some(Row { at: Timestamp::from_millis(at), value: v })
    }
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn rss() -> String {
    std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .find(|l| l.starts_with("VmHWM"))
        .unwrap()
        .to_owned()
}
fn event(n: u64) -> Event {
    // change index near n/20, jitter 2000
    let mut x = n.wrapping_mul(0x9E3779B97F4A7C15);
    x ^= x >> 31;
    x = x.wrapping_mul(0xBF58476D1CE4E5B9);
    x ^= x >> 29;
    let change = n / 20 + x % 2000;
    let svc = change.wrapping_mul(7919) % 300;
    let num = change / 300;
    let at = Timestamp::from_millis(1_650_000_000_000 + (n * 4730) as i64);
    let build = n % 20 < 9;
    let name = format!("change:acme/service-{svc:03}#{num}");
    let (kind, key, subject) = if build {
        let b = n / 3;
        (
            "ci.finished",
            format!("acme/service-{svc:03}/run/{b}/{}", n % 3),
            format!("build:acme/service-{svc:03}/{b}"),
        )
    } else {
        ("change.review", format!("acme/service-{svc:03}/pull/{num}/{n}"), name.clone())
    };
    let mut e = Event::new(kind, at, "github", &key, &subject);
    e.actor = Some(format!("person-{:04}", x % 2000));
    e.refs.insert("change".into(), name);
    if build {
        e.refs.insert("build".into(), subject);
        e.refs.insert("commit".into(), format!("{x:040x}"));
    }
    e.data = serde_json::json!({"state": "approved", "additions": x % 500, "service": format!("service-{svc:03}")});
    e
}
async fn go() {
    let args: Vec<String> = std::env::args().collect();
    let count: u64 = args[2].parse().unwrap();
    let ledger = if args[1].starts_with("postgres") {
        Ledger::open_url(&args[1]).await.unwrap()
    } else {
        Ledger::open(args[1].as_ref()).await.unwrap()
    };
    let start = ledger.end().await.unwrap().0 as u64;
    let mut t = Instant::now();
    let mut c = cpu();
    let mut gen_cpu = 0.0;
    let mut done = start;
    let mut mark = start;
    while done < count {
        let g = cpu();
        let batch: Vec<Event> = (done..(done + 10_000).min(count)).map(event).collect();
        gen_cpu += cpu() - g;
        done += batch.len() as u64;
        let a = ledger.append(&batch).await.unwrap();
        assert_eq!(a.new, batch.len());
        if done % 1_000_000 == 0 || done == count {
            println!(
                "append {done}: {:.0}/wall s, {:.0}/cpu s  (generation {:.1} s)",
                (done - mark) as f64 / t.elapsed().as_secs_f64(),
                (done - mark) as f64 / (cpu() - c - gen_cpu),
                gen_cpu
            );
            t = Instant::now();
            c = cpu();
            gen_cpu = 0.0;
            mark = done;
        }
    }
    let mut t = Instant::now();
    let mut c = cpu();
    let mut mark = 0;
    let t0 = Instant::now();
    let c0 = cpu();
    let mut first = None;
    ledger
        .catch_up_rows::<J>(&mut |p| {
            let f = *first.get_or_insert(p.position.0);
            if mark == 0 {
                mark = f;
            }
            if p.position.0 % 1_000_000 == 0 || p.position == p.end {
                println!(
                    "fold {}: {:.0}/wall s, {:.0}/cpu s",
                    p.position.0,
                    (p.position.0 - mark) as f64 / t.elapsed().as_secs_f64(),
                    (p.position.0 - mark) as f64 / (cpu() - c)
                );
                t = Instant::now();
                c = cpu();
                mark = p.position.0;
            }
        })
        .await
        .unwrap();
    println!(
        "fold all {:.1} s wall {:.1} s cpu; {}",
        t0.elapsed().as_secs_f64(),
        cpu() - c0,
        rss()
    );
    for round in 0..2 {
        let n = ledger.end().await.unwrap().0 as u64;
        let batch: Vec<Event> = (n..n + 3000).map(event).collect();
        let t = Instant::now();
        ledger.append(&batch).await.unwrap();
        let a = t.elapsed();
        let t = Instant::now();
        ledger.catch_up_rows::<J>(&mut |_| ()).await.unwrap();
        println!("hour {round}: append {a:?}, fold {:?}", t.elapsed());
    }
    for since in
        [None, Some(Timestamp::from_millis(1_650_000_000_000 + (count * 4730) as i64 / 12 * 11))]
    {
        let (t, c) = (Instant::now(), cpu());
        let (mut rows, mut bytes) = (0u64, 0u64);
        ledger
            .rows::<J>(&[0, 1], since, |_, k, v| {
                rows += 1;
                bytes += (k.len() + v.len()) as u64;
            })
            .await
            .unwrap();
        println!(
            "read since {:?}: {rows} rows, {} MB, {:?} wall, {:.1} cpu, {:.0} rows/s",
            since.is_some(),
            bytes / 1_000_000,
            t.elapsed(),
            cpu() - c,
            rows as f64 / t.elapsed().as_secs_f64()
        );
    }
    ledger.close().await.unwrap();
}
fn main() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(go())
}
