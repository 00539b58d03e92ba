//! `flip_stats(at, status)`: how often a test changed its colour, as an aggregate of SQL.
//!
//! In: instants and statuses, in any order, on any number of machines. Out: one structure a group:
//! `runs`, `red`, `flips`, `rate` (flips per pair of neighbours) and `exact`. Start at
//! [`flip_stats`]. **Invariant:** rows without instant or status, and skipped tests, count
//! nothing, and `exact` is true only where the flips were counted in the order of time.

mod piece;

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::types::{TimestampMillisecondType, UInt8Type};
use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryArray, BinaryBuilder, BooleanArray, BooleanBuilder,
    Float64Builder, Int64Builder, PrimitiveArray, StructArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use piece::{Piece, Pieces};
use tl_core::test::Status;

/// Its name in SQL.
pub const NAME: &str = "flip_stats";

/// The function, to be registered with a session.
///
/// `at` is an instant (or milliseconds as a number), `status` a number of
/// [`Status`](tl_core::test::Status): red from 2 on. Rows of one instant count in the order in which
/// they are read.
pub fn flip_stats() -> AggregateUDF {
    AggregateUDF::from(FlipStats { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FlipStats {
    signature: Signature,
}

/// The columns of the answer.
fn answer_fields() -> Fields {
    Fields::from(vec![
        Field::new("runs", DataType::Int64, false),
        Field::new("red", DataType::Int64, false),
        Field::new("flips", DataType::Int64, false),
        Field::new("rate", DataType::Float64, true),
        Field::new("exact", DataType::Boolean, false),
    ])
}

impl AggregateUDFImpl for FlipStats {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [at, status] = given else {
            return plan_err!(
                "{NAME} takes an instant and a status, not {} arguments",
                given.len()
            );
        };
        let instant = matches!(at, DataType::Timestamp(..) | DataType::Null) || at.is_integer();
        if !instant || !(status.is_integer() || status.is_null()) {
            return plan_err!(
                "{NAME} takes an instant and a status as a number, not {at} and {status}"
            );
        }
        Ok(vec![DataType::Timestamp(TimeUnit::Millisecond, None), DataType::UInt8])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(answer_fields()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if args.is_distinct {
            return plan_err!("{NAME} has no meaning with `distinct`: each execution counts");
        }
        let name = format_state_name(args.name, "pieces");
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One(Groups(vec![Pieces::default()]))))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups(Vec::new())))
    }

    /// The instants are in the arguments: an `order by` within the call says nothing new.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// What is known of each group so far.
#[derive(Default)]
struct Groups(Vec<Pieces>);

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME} of {} groups", self.0.len())
    }
}

/// The two arguments of a batch, and which rows count.
struct Batch<'a> {
    at: &'a PrimitiveArray<TimestampMillisecondType>,
    status: &'a PrimitiveArray<UInt8Type>,
    filter: Option<&'a BooleanArray>,
}

impl<'a> Batch<'a> {
    fn new(values: &'a [ArrayRef], filter: Option<&'a BooleanArray>) -> Result<Self> {
        let [at, status] = values else {
            return Err(exec_datafusion_err!("{NAME} got {} columns, not 2", values.len()));
        };
        let (at, status) = (at.as_primitive_opt(), status.as_primitive_opt());
        let (Some(at), Some(status)) = (at, status) else {
            return Err(exec_datafusion_err!(
                "{NAME} got columns of other types than it asked for"
            ));
        };
        Ok(Self { at, status, filter })
    }

    /// The instant and colour of a row; `None` where it counts nothing.
    fn row(&self, row: usize) -> Option<(i64, bool)> {
        let wanted = self.filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        if !wanted || self.at.is_null(row) || self.status.is_null(row) {
            return None;
        }
        let status = self.status.value(row);
        let ran = status != Status::Skipped as u8;
        ran.then(|| (self.at.value(row), status >= Status::Failed as u8))
    }
}

impl Groups {
    fn answer(pieces: &[Pieces]) -> Result<ArrayRef> {
        let (mut runs, mut red, mut flips) =
            (Int64Builder::new(), Int64Builder::new(), Int64Builder::new());
        let (mut rate, mut exact) = (Float64Builder::new(), BooleanBuilder::new());
        let mut known = Vec::with_capacity(pieces.len());
        for pieces in pieces {
            let total = pieces.total();
            known.push(total.is_some());
            let total = total.unwrap_or_default();
            runs.append_value(number(total.runs));
            red.append_value(number(total.red));
            flips.append_value(number(total.flips));
            rate.append_option(flip_rate(&total));
            exact.append_value(total.is_exact());
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(runs.finish()),
            Arc::new(red.finish()),
            Arc::new(flips.finish()),
            Arc::new(rate.finish()),
            Arc::new(exact.finish()),
        ];
        Ok(Arc::new(StructArray::try_new(answer_fields(), columns, Some(NullBuffer::from(known)))?))
    }

    fn add(&mut self, group: usize, state: &[u8]) -> Result<()> {
        if self.0[group].merge(state) {
            return Ok(());
        }
        Err(exec_datafusion_err!("{NAME} got a partial state that is none of its own"))
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Flips per pair of neighbouring executions; `None` below two executions.
fn flip_rate(total: &Piece) -> Option<f64> {
    (total.runs > 1).then(|| total.flips as f64 / (total.runs - 1) as f64)
}

fn states(values: &[ArrayRef]) -> Result<&BinaryArray> {
    let state = values.first().and_then(|column| column.as_binary_opt());
    state.ok_or_else(|| exec_datafusion_err!("{NAME} got a partial state of another type"))
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let batch = Batch::new(values, filter)?;
        self.0.resize_with(total_num_groups, Pieces::default);
        for (row, &group) in group_indices.iter().enumerate() {
            if let Some((at, red)) = batch.row(row) {
                self.0[group].push(at, red);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Self::answer(&emit_to.take_needed(&mut self.0))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut state = BinaryBuilder::new();
        for pieces in emit_to.take_needed(&mut self.0) {
            state.append_value(pieces.bytes());
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        let states = states(values)?;
        self.0.resize_with(total_num_groups, Pieces::default);
        for (row, &group) in group_indices.iter().enumerate() {
            if states.is_valid(row) {
                self.add(group, states.value(row))?;
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let batch = Batch::new(values, filter)?;
        let mut state = BinaryBuilder::new();
        for row in 0..batch.at.len() {
            let pieces = batch.row(row).map(|(at, red)| Pieces::one(at, red)).unwrap_or_default();
            state.append_value(pieces.bytes());
        }
        Ok(vec![Arc::new(state.finish())])
    }

    fn size(&self) -> usize {
        let heap: usize = self.0.iter().map(Pieces::heap).sum();
        self.0.capacity() * size_of::<Pieces>() + heap
    }
}

/// The same without groups: of a whole table, and in a window.
#[derive(Debug)]
struct One(Groups);

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let batch = Batch::new(values, None)?;
        for (at, red) in (0..batch.at.len()).filter_map(|row| batch.row(row)) {
            self.0.0[0].push(at, red);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&Groups::answer(&self.0.0)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(Some(self.0.0[0].bytes()))])
    }

    fn merge_batch(&mut self, states_of: &[ArrayRef]) -> Result<()> {
        states(states_of)?.iter().flatten().try_for_each(|state| self.0.add(0, state))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + GroupsAccumulator::size(&self.0)
    }
}
