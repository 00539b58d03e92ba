//! Requests of GitHub one by one, over REST: where GraphQL is not to be had, or does not hold
//! everything.
//!
//! In: numbers. Out: records of the request and all that belongs to it.

use serde_json::Value;
use tl_core::record::Record;

use super::Repository;
use crate::client::{Request, RequestError};
use crate::source::PullError;

impl Repository<'_> {
    /// Each request, then what belongs to it; those that are gone are noted.
    pub(super) async fn pulls_by_rest(
        &self,
        numbers: &[u64],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Record>, PullError> {
        let mut records = Vec::new();
        for &number in numbers {
            let path = self.path(&format!("pulls/{number}"));
            let Some(pull) = self.client.find(&Request::get(path)).await? else {
                notes.push(format!("{}#{number} was listed and is gone", self.name));
                continue;
            };
            records.push(self.record("pull_request", "", pull));
            records.extend(self.belongings(number).await?);
        }
        Ok(records)
    }

    /// Reviews, comments on lines, commits and timeline of a request, all of them.
    pub(super) async fn belongings(&self, number: u64) -> Result<Vec<Record>, PullError> {
        let mut records = Vec::new();
        let lists = [
            ("review", format!("pulls/{number}/reviews"), number.to_string()),
            ("review_comment", format!("pulls/{number}/comments"), number.to_string()),
            ("commit", format!("pulls/{number}/commits"), number.to_string()),
            ("timeline", format!("issues/{number}/timeline"), format!("pull/{number}")),
        ];
        for (what, path, parent) in lists {
            let items = self.whole(&path).await?;
            records.extend(items.into_iter().map(|item| self.record(what, &parent, item)));
        }
        Ok(records)
    }

    async fn whole(&self, path: &str) -> Result<Vec<Value>, RequestError> {
        self.client.all(&Request::get(self.path(path)).with("per_page", 100), "").await
    }
}
