//! What is kept stays bounded, and what is no scan tells nothing.

use serde_json::json;
use tl_core::event::Event;
use tl_core::time::Millis;

use super::*;

fn recorded(position: i64, kind: &str, subject: &str, data: serde_json::Value) -> Recorded {
    let at = Timestamp::from_seconds(1_700_000_000) + Millis::new(3_600_000 * position);
    let mut event = Event::new(kind, at, "guard", &position.to_string(), subject);
    event.data = data;
    Recorded { position: Position(position), event }
}

#[test]
fn of_very_many_repositories_and_days_the_latest_are_kept() {
    let mut heard = Heard::default();
    for number in 0..(REPOSITORIES as i64 + 500) {
        let subject = format!("repository:acme/{number}");
        heard.take(&recorded(number, kind::GUARD_SCANNED, &subject, json!({"inventory": "a"})));
        let approved = json!({"items": ["server:mail"]});
        heard.take(&recorded(number, kind::GUARD_APPROVED, &subject, approved));
    }
    assert_eq!((heard.scanned.len(), heard.approvals.len()), (REPOSITORIES, LATEST));
    assert!(!heard.scanned.contains_key("acme/0") && heard.scanned.contains_key("acme/2499"));
    let denied = json!({"effect": "deny", "reasons": []});
    for number in 0..(24 * (DAYS as i64 + 50)) {
        let data = json!({"client": format!("client-{number}"), "verdict": denied});
        heard.take(&recorded(number, kind::AGENT_DECIDED, "session:1", data));
    }
    assert_eq!((heard.days.len(), heard.objections.len()), (DAYS, LATEST));
}

#[test]
fn the_newest_scan_of_each_repository_is_kept_by_machine_and_few_of_many() {
    let mut heard = Heard::default();
    for number in 0..(MACHINES as i64 + 50) {
        let data =
            json!({"machine": format!("machine-{number:08x}"), "known": number, "home": true});
        heard.take(&recorded(number, kind::GUARD_SCANNED, "repository:x", data));
    }
    assert_eq!(heard.machines.len(), MACHINES);
    let newest = MACHINES as i64 + 49;
    let machine = format!("machine-{newest:08x}");
    for (position, name, known) in [(newest + 2, "x", 7), (newest + 1, "x", 6), (newest, "y", 1)] {
        let data = json!({"machine": machine, "known": known});
        heard.take(&recorded(position, kind::GUARD_SCANNED, &format!("repository:{name}"), data));
    }
    let kept = &heard.machines[&machine];
    assert_eq!((kept.scans, kept.repositories.len()), (4, 2));
    assert_eq!(kept.repositories["x"].1.known, 7);
    for number in 0..100 {
        let data = json!({"machine": machine});
        let subject = format!("repository:{number}");
        heard.take(&recorded(newest + 3, kind::GUARD_SCANNED, &subject, data));
    }
    assert_eq!(heard.machines[&machine].repositories.len(), ON_MACHINE);
    // What is no pseudonym may name a person, and is no machine.
    for name in ["", "anas-laptop", "machine-0000000g", &"m".repeat(5_000)] {
        heard.take(&recorded(
            newest,
            kind::GUARD_SCANNED,
            "repository:x",
            json!({"machine": name}),
        ));
    }
    assert_eq!(heard.machines.len(), MACHINES);
    assert_eq!(heard.scanned["x"].newest.machine.find("laptop"), None);
}

#[test]
fn an_inventory_is_as_old_as_its_last_change() {
    let mut heard = Heard::default();
    for (position, inventory) in [(1, "a"), (2, "a"), (3, "b"), (4, "b")] {
        let data = json!({"inventory": inventory});
        heard.take(&recorded(position, kind::GUARD_SCANNED, "repository:x", data));
    }
    let scans = &heard.scanned["x"];
    let at =
        |position: i64| Timestamp::from_seconds(1_700_000_000) + Millis::new(3_600_000 * position);
    assert_eq!((scans.scans, scans.since, scans.last), (4, at(3), at(4)));
    // One that comes late changes nothing but the count.
    heard.take(&recorded(0, kind::GUARD_SCANNED, "repository:x", json!({"inventory": "c"})));
    assert_eq!((heard.scanned["x"].scans, heard.scanned["x"].since), (5, at(3)));
}

#[test]
fn data_of_another_shape_tells_nothing() {
    let mut heard = Heard::default();
    for data in [json!([1]), json!("x"), json!({"levels": 3}), json!({"rules": {"a": -1}})] {
        heard.take(&recorded(1, kind::GUARD_SCANNED, "repository:x", data.clone()));
        heard.take(&recorded(1, kind::AGENT_DECIDED, "session:x", json!({"verdict": data})));
    }
    assert!(heard.scanned.is_empty() && heard.objections.is_empty());
}
