//! The operations by which fields of entities are joined. Each is commutative, associative and
//! idempotent, on its own and in any combination with the others.

use serde::Serialize;
use tl_core::time::Timestamp;

/// Keeps the earlier instant.
pub(super) fn earliest(kept: &mut Option<Timestamp>, at: Timestamp) {
    *kept = Some(kept.map_or(at, |kept| kept.min(at)));
}

/// Keeps the later instant.
pub(super) fn latest(kept: &mut Option<Timestamp>, at: Timestamp) {
    *kept = Some(kept.map_or(at, |kept| kept.max(at)));
}

/// Keeps the name that is later in the alphabet, so that any name stands over none.
pub(super) fn text(kept: &mut String, new: &str) {
    if new > kept.as_str() {
        new.clone_into(kept);
    }
}

/// Puts a fact where its order demands, unless it is there.
pub(super) fn insert<T: Ord>(list: &mut Vec<T>, fact: T) {
    if let Err(place) = list.binary_search(&fact) {
        list.insert(place, fact);
    }
}

/// Puts a name into a sorted list, unless it is there or empty.
pub(super) fn insert_name(list: &mut Vec<String>, name: &str) {
    if let Err(place) = list.binary_search_by(|known| known.as_str().cmp(name))
        && !name.is_empty()
    {
        list.insert(place, name.to_owned());
    }
}

/// Keeps what something looked like last. Of two looks at the same instant the one that says more
/// stands: it is longer as JSON; of two equally long ones the greater.
pub(super) fn state<T: Serialize>(kept: &mut Option<(Timestamp, T)>, at: Timestamp, new: T) {
    let stands = match kept {
        None => false,
        Some((since, _)) if *since != at => *since > at,
        Some((_, old)) => weight(old) >= weight(&new),
    };
    if !stands {
        *kept = Some((at, new));
    }
}

/// By what one of two payloads is preferred.
pub(super) fn weight(payload: &impl Serialize) -> (usize, String) {
    // Payloads are plain structs: numbers, texts and lists, which JSON can always hold.
    let text = serde_json::to_string(payload).unwrap_or_default();
    (text.len(), text)
}
