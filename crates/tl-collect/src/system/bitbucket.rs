//! Records of Bitbucket. See the parent module.

use tl_core::event::Event;
use tl_core::record::Record;

use super::Malformed;

/// The events that a record tells.
pub fn convert(record: &Record) -> Result<Vec<Event>, Malformed> {
    Err(Malformed::new(record, "is not read yet"))
}
