//! How the inlet is doing, for the page and for whoever watches the server.
//!
//! In: what writer, folding and handlers see. Out: [`Condition`]. Start at `Health::condition`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use serde::Serialize;
use tl_ledger::deliveries::DeliveryError;

/// Senders of which refusals are counted apart: names come from anybody.
const NAMES: usize = 256;

/// How the inlet is doing since the server began.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Deliveries that were acknowledged.
    pub accepted: u64,
    /// Deliveries that were refused, by name and status.
    pub refused: BTreeMap<String, BTreeMap<u16, u64>>,
    /// Why nothing can be stored, where that is so.
    pub store: Option<String>,
    /// Why what is stored does not become events, where that is so.
    pub folding: Option<String>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Health {
    accepted: AtomicU64,
    rest: Mutex<Condition>,
}

impl Health {
    /// How the inlet is doing now.
    pub(crate) fn condition(&self) -> Condition {
        let mut condition = self.rest().clone();
        condition.accepted = self.accepted.load(Ordering::Relaxed);
        condition
    }

    pub(super) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, name: &str, status: StatusCode) {
        let mut rest = self.rest();
        let is_known = rest.refused.contains_key(name) || rest.refused.len() < NAMES;
        let name = if is_known && status != StatusCode::NOT_FOUND { name } else { "" };
        let counts = rest.refused.entry(name.to_owned()).or_default();
        *counts.entry(status.as_u16()).or_default() += 1;
    }

    pub(super) fn note_store<T>(&self, stored: &Result<T, DeliveryError>) {
        let why = stored.as_ref().err().map(|err| err.source.to_string());
        let mut rest = self.rest();
        if rest.store != why {
            rest.store = why;
        }
    }

    /// Says how the folding went last.
    pub(crate) fn note_folding(&self, problem: Option<String>) {
        self.rest().folding = problem;
    }

    fn rest(&self) -> std::sync::MutexGuard<'_, Condition> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
