//! Lines of an input, each at most [`RECORD_LIMIT`] long.

use std::io::{self, BufRead};

use bstr::ByteSlice as _;

use super::RECORD_LIMIT;

/// What the next line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, with a newline at its end, now in the buffer.
    Whole,
    /// The last line, which has no newline at its end.
    Last,
    /// A line of so many bytes, over the limit; the buffer holds its beginning.
    TooLong(u64),
    /// There is none.
    End,
}

/// Reads the next line into `buffer`, without its newline.
pub(super) fn next(reader: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<Line> {
    buffer.clear();
    let mut length = 0_u64;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(match length {
                0 => Line::End,
                _ if length > RECORD_LIMIT as u64 => Line::TooLong(length),
                _ => Line::Last,
            });
        }
        let (taken, ends) = match bytes.find_byte(b'\n') {
            Some(end) => (end, true),
            None => (bytes.len(), false),
        };
        length += taken as u64;
        if length <= RECORD_LIMIT as u64 {
            buffer.extend_from_slice(&bytes[..taken]);
        }
        reader.consume(taken + usize::from(ends));
        if ends {
            let long = length > RECORD_LIMIT as u64;
            return Ok(if long { Line::TooLong(length) } else { Line::Whole });
        }
    }
}
