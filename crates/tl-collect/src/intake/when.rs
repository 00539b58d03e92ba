//! Dates of Jira's tables, and texts cut for messages.

/// Reads `01/Mar/26 9:15 AM`, Jira's default in CSV, as `2026-03-01T09:15:00`.
pub(super) fn jira_csv(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let mut date = words.next()?.split(['/', '-']);
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let names =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = names.iter().position(|name| month.to_lowercase().starts_with(name))? + 1;
    let day: u8 = day.parse().ok()?;
    let year: u16 = year.parse().ok()?;
    let year = if year < 100 { year + 2000 } else { year };
    let (hour, minute) = words.next()?.split_once(':')?;
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match words.next().map(str::to_lowercase).as_deref() {
        Some("am") if hour == 12 => 0,
        Some("pm") if hour < 12 => hour + 12,
        _ => hour,
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00"))
}

/// The beginning of a text, for a message.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_jira_tables_are_read() {
        let read = |text| jira_csv(text).unwrap_or_default();
        assert_eq!(read("01/Mar/26 9:15 AM"), "2026-03-01T09:15:00");
        assert_eq!(read("31/Dec/25 12:05 AM"), "2025-12-31T00:05:00");
        assert_eq!(read("31/Dec/2025 14:05"), "2025-12-31T14:05:00");
        assert_eq!(read("03/04/26 9:15"), "", "a month without a name may be a day");
    }
}
