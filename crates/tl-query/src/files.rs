//! A table over Parquet files that are dealt in a given order.
//!
//! In: files, with their sizes and rows, in the order of time. Out: a scan of as many stretches of
//! that order as there are cores. Start at [`Files`]. **Invariant:** a stretch has neighbours only:
//! the engine's own table of files sorts them by name, and `flip_stats` would then put parts
//! together that overlap in time.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{Result, Statistics, exec_datafusion_err, project_schema};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat as _;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    path: StorePath,
    bytes: u64,
    rows: u64,
}

/// A table whose rows are those of some Parquet files of one schema.
///
/// The engine caches the ends of files by path and size: a path never gets another file.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    schema: SchemaRef,
    files: Vec<File>,
}

impl Files {
    /// A table without files.
    pub(crate) const fn new(schema: SchemaRef) -> Self {
        Self { schema, files: Vec::new() }
    }

    /// Adds a file behind the others; `false` where its path is not absolute, or no text.
    #[must_use]
    pub(crate) fn push(&mut self, path: &Path, bytes: u64, rows: u64) -> bool {
        let Ok(path) = StorePath::from_absolute_path(path) else { return false };
        self.files.push(File { path, bytes, rows });
        true
    }

    /// What [`Self::decode`] makes the same table of, on another machine.
    #[cfg(feature = "cluster")]
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let file = |file: &File| (file.path.to_string(), file.bytes, file.rows);
        let files: Vec<(String, u64, u64)> = self.files.iter().map(file).collect();
        serde_json::to_vec(&files).map_err(|err| exec_datafusion_err!("a list of files: {err}"))
    }

    /// The table that [`Self::encode`] has written.
    #[cfg(feature = "cluster")]
    pub(crate) fn decode(schema: SchemaRef, bytes: &[u8]) -> Result<Self> {
        let files: Vec<(String, u64, u64)> = serde_json::from_slice(bytes)
            .map_err(|err| exec_datafusion_err!("not a list of files: {err}"))?;
        let files = files.into_iter().map(|(path, bytes, rows)| {
            let path = StorePath::parse(&path)
                .map_err(|err| exec_datafusion_err!("not the path of a file: {err}"))?;
            Ok(File { path, bytes, rows })
        });
        Ok(Self { schema, files: files.collect::<Result<_>>()? })
    }

    /// Files dealt to at most `stretches` groups of about as many bytes, neighbours together.
    fn dealt(&self, stretches: usize) -> Vec<FileGroup> {
        let total: u64 = self.files.iter().map(|file| file.bytes).sum();
        let each = total.div_ceil(stretches.max(1) as u64).max(1);
        let (mut groups, mut group, mut bytes) = (Vec::new(), Vec::new(), 0_u64);
        for file in &self.files {
            let mut part = PartitionedFile::new("", file.bytes);
            part.object_meta.location = file.path.clone();
            group.push(part);
            bytes += file.bytes;
            if bytes >= each * (groups.len() as u64 + 1) {
                groups.push(FileGroup::new(std::mem::take(&mut group)));
            }
        }
        if !group.is_empty() {
            groups.push(FileGroup::new(group));
        }
        groups
    }

    fn statistics_of_rows(&self) -> Statistics {
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = usize::try_from(rows).map_or(Precision::Absent, Precision::Exact);
        statistics
    }
}

#[async_trait]
impl TableProvider for Files {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Row groups are passed over by their statistics; the rows that are left are filtered again.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics_of_rows())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema, projection)?)));
        }
        let format = ParquetFormat::default();
        let source = format.file_source(TableSchema::from(&self.schema));
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(self.dealt(state.config().target_partitions()))
            .with_statistics(self.statistics_of_rows())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        format.create_physical_plan(state, scan).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::results_schema;

    fn table(sizes: &[u64]) -> Files {
        let mut files = Files::new(results_schema());
        for (index, &bytes) in sizes.iter().enumerate() {
            assert!(files.push(Path::new(&format!("/lake/{index}.parquet")), bytes, 1));
        }
        files
    }

    #[test]
    fn neighbours_stay_together_and_no_file_is_lost() {
        for (sizes, stretches) in [
            (vec![1; 10], 3),
            (vec![100, 1, 1, 1, 100], 2),
            (vec![1, 1, 1_000, 1], 16),
            (vec![0, 0], 4),
            (vec![5], 1),
        ] {
            let files = table(&sizes);
            let groups = files.dealt(stretches);
            assert!(groups.len() <= stretches, "{sizes:?}");
            let dealt: Vec<&StorePath> = groups
                .iter()
                .flat_map(FileGroup::iter)
                .map(|file| &file.object_meta.location)
                .collect();
            let given: Vec<&StorePath> = files.files.iter().map(|file| &file.path).collect();
            assert_eq!(dealt, given);
        }
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn a_list_of_files_is_the_same_on_another_machine() {
        let mut files = table(&[3, 4]);
        assert!(files.push(Path::new("/a [b] %41/c.parquet"), 5, 6));
        let bytes = files.encode().expect("a list");
        let decoded = Files::decode(results_schema(), &bytes).expect("the list");
        assert_eq!(decoded.files, files.files);
        assert!(Files::decode(results_schema(), b"[[\"../x\",1]]").is_err());
        assert!(!files.push(Path::new("not/absolute"), 1, 1));
    }
}
