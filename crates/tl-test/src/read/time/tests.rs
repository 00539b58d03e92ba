use proptest::prelude::*;

use super::*;

#[test]
fn durations_are_read_whatever_their_point_is() {
    for (text, micros) in [
        ("0.001", Some(1_000)),
        ("0", Some(0)),
        ("1,234.5", Some(1_234_500_000)),
        ("1.234,5", Some(1_234_500_000)),
        ("1,5", Some(1_500_000)),
        ("0,123", Some(123_000)),
        ("1,234", Some(1_234_000_000)),
        ("1.5e-3", Some(1_500)),
        ("1.6E-05", Some(16)),
        ("3µs", Some(3)),
        ("0.01s", Some(10_000)),
        ("12 ms", Some(12_000)),
        ("", None),
        ("NaN", None),
        ("inf", None),
        ("-1", None),
        ("1e400", None),
        ("soon", None),
        ("99999999999999", None),
    ] {
        assert_eq!(seconds(text), micros, "{text}");
    }
    assert_eq!(clock("00:00:01.2345678"), Some(1_234_568));
    assert_eq!(clock("1.02:00:00"), Some(93_600_000_000));
    assert_eq!(clock("-00:00:01"), None);
}

#[test]
fn instants_are_read_as_runners_write_them() {
    let at = |text: &str| instant(text).map(Timestamp::as_millis);
    for text in [
        "2021-03-19T11:34:50.044Z",
        "2021-03-19T12:34:50.044+01:00",
        "2021-03-19T11:34:50.044",
        "2021-03-19 11:34:50.044",
        "20210319 11:34:50.044",
        "2021-03-19T 11:34:50.044Z",
        "2021-03-19 11:34:50.044Z",
        "2021-03-19T11:34:50.044 UTC",
        "1616153690044",
    ] {
        assert_eq!(at(text), Some(1_616_153_690_044), "{text}");
    }
    assert_eq!(at("1616153690"), Some(1_616_153_690_000));
    assert_eq!(at("2021-03-19T11:34:50.0441234+00:00"), Some(1_616_153_690_044));
    for text in ["", "never", "2021-13-01T00:00:00", "20210319", "99999999999999999999"] {
        assert_eq!(at(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_is_too_odd_for_a_time(text in ".{0,40}") {
        let _times = (seconds(&text), clock(&text), instant(&text));
    }

    #[test]
    fn no_digits_are_too_odd_for_a_time(text in "[-0-9TZ:., +eE]{0,30}") {
        let _times = (seconds(&text), clock(&text), instant(&text));
    }
}
