//! Measures; not kept.
use std::path::Path;
use tl_exec::git::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let repo = Repository::open(Path::new(&args[1])).expect("open");
    let refs = repo.references().expect("refs");
    println!(
        "{} partial={} shallow={} branches={} remote={} tags={} notag={} requests={} notes={:?} other={} broken={}",
        repo.name(), repo.is_partial(), repo.is_shallow(), refs.branches.len(), refs.remote_branches.len(),
        refs.tags.len(), refs.tags_of_no_commit, refs.requests.len(), refs.notes, refs.other.len(), refs.broken.len()
    );
    for b in refs.broken.iter().take(3) { println!("{b:?}"); }
    let DefaultBranch::Found(head) = repo.default_branch(&refs, None).expect("branch") else { panic!() };
    println!("{head:?}");
    let mode = &args[2];
    let tips = if mode.contains("all") { refs.tips() } else { vec![head.commit] };
    let mut bytes = 0;
    let mut first = std::collections::HashMap::new();
    let keep = mode.contains("diff");
    let walked = repo.walk(&tips, &|_| false, &mut |c| {
        bytes += c.message.len() + c.author.name.len();
        if keep { first.insert(c.id, c.parents.first().copied()); }
    });
    println!("visited={} missing={} malformed={} bytes={bytes}", walked.visited, walked.missing.len(), walked.malformed.len());
    if mode.contains("diff") {
        let mut jobs = vec![];
        let mut at = Some(head.commit);
        while let Some(id) = at {
            let Some(parent) = first.get(&id) else { break };
            jobs.push((id, *parent));
            at = *parent;
        }
        let (mut ok, mut bad, mut unreadable, mut files, mut renames) = (0, 0, 0u64, 0, 0);
        let (mut added, mut removed) = (0, 0);
        let mut rows = vec![];
        repo.diffs(&jobs, &mut |row, result| match result {
            Ok(d) => { ok += 1; unreadable += u64::from(d.unreadable); files += d.files.len();
                renames += d.files.iter().filter(|f| f.from.is_some()).count();
                added += d.added(); removed += d.removed(); rows.push((row, d.added(), d.removed(), d.files.len())); }
            Err(e) => { bad += 1; if bad < 3 { println!("{e:?}"); } }
        });
        println!("ok={ok} bad={bad} unreadable={unreadable} files={files} renames={renames} +{added} -{removed}");
        if mode.contains("print") {
            rows.sort();
            for (row, a, r, f) in rows { println!("= {} {a} {r} {f}", jobs[row].0); }
        }
    }
}
