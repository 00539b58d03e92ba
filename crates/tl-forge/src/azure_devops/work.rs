//! Work items of a project, and their updates.

use serde_json::{Value, json};

use super::{AzureDevops, PAGE, VERSION, most, path, record, turn};
use crate::client::Request;
use crate::progress::{id, instant};
use crate::source::{Page, PullError};
use crate::walk::{Walk, all, items};

/// How many updates a page has: the most that is allowed.
const UPDATES: usize = 200;

impl AzureDevops {
    /// What changed among the work items of a project, oldest change first.
    pub(super) async fn work_items(
        &self,
        project: &str,
        cursor: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut notes = Vec::new();
        let mut walk = Walk::resume(cursor, self.wanted.since, self.client.now(), &mut notes);
        let path = path(project, "_apis/wit/wiql");
        let page = |walk: &Walk| {
            let query = format!(
                "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND \
                 [System.ChangedDate] >= '{}' ORDER BY [System.ChangedDate] ASC, [System.Id] ASC",
                walk.from
            );
            Request::post(&path, json!({ "query": query }))
                .with("api-version", VERSION)
                .with("timePrecision", "true")
                .with("$top", most(walk))
        };
        let mut answer = walk.ask(&self.client, &mut notes, page).await?;
        let found = items(&self.client, &path, &mut answer, "workItems")?;
        let full = found.len() >= most(&walk);
        // Of a wider page, the last part is new.
        let known = most(&walk) - PAGE;
        let ids: Vec<_> =
            found.iter().skip(known).filter_map(|it| it.get("id")?.as_u64()).collect();
        let whole = if ids.is_empty() { Vec::new() } else { self.batch(project, &ids).await? };
        let fresh = walk.fresh(whole, |item| {
            Some((instant(item.get("fields")?, "System.ChangedDate")?, id(item, "id")?))
        });
        let mut records = Vec::new();
        for item in fresh {
            let Some(number) = id(&item, "id") else { continue };
            records.push(record("work_item", project, "", item));
            let updates = self.updates(project, &number).await?;
            let record = |it| record("work_item_update", project, &number, it);
            records.extend(updates.into_iter().map(record));
        }
        turn(&mut walk, full);
        Ok(walk.page(records, !full, notes))
    }

    /// Work items with all their fields, in the order of their ids here.
    async fn batch(&self, project: &str, ids: &[u64]) -> Result<Vec<Value>, PullError> {
        let path = path(project, "_apis/wit/workitemsbatch");
        let body = json!({ "ids": ids, "$expand": "links", "errorPolicy": "omit" });
        let request = Request::post(&path, body).with("api-version", VERSION);
        let mut answer = self.client.send(&request).await?;
        items(&self.client, &path, &mut answer, "value")
    }

    async fn updates(&self, project: &str, number: &str) -> Result<Vec<Value>, PullError> {
        let path = path(project, &format!("_apis/wit/workItems/{number}/updates"));
        let page = |from: usize| {
            Request::get(&path)
                .with("api-version", VERSION)
                .with("$top", UPDATES)
                .with("$skip", from)
        };
        let updates = all(&self.client, page(0), "value", |_, seen| {
            (seen % UPDATES == 0).then(|| page(seen))
        });
        Ok(updates.await?)
    }
}
