use object_store::memory::InMemory;

use super::*;
use crate::compact::compact;
use crate::fixtures::{put, rows_of_run};
use crate::flips::flips;
use crate::place::Place;
use crate::scan::{ScanError, Wanted, scan};

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What a lake does, from the first file to the last.
fn write_scan_compact_and_delete(place: &Place) {
    assert_eq!(place.list().unwrap(), []);
    let segments = [put(place, &rows_of_run(0, 200), 0, 1), put(place, &rows_of_run(2, 200), 0, 2)];
    let listed = place.list().unwrap();
    assert_eq!(
        listed.iter().map(|found| found.bytes).collect::<Vec<_>>(),
        segments.clone().map(|one| one.bytes)
    );
    assert!(listed[0].modified.as_millis() > 1_700_000_000_000 && !listed[0].torn);
    let scanned = scan(place, &segments, &Wanted::ALL, &mut |_| ()).unwrap();
    assert_eq!((scanned.files, scanned.rows), (2, 400));
    let before = flips(place, &segments, 200).unwrap();
    assert_eq!(before.get(3, 0).flips, 1);

    let together = compact(place, &segments, 3).unwrap();
    assert_eq!(flips(place, &together, 200).unwrap(), before);
    for segment in &segments {
        place.delete(&segment.path).unwrap();
        place.delete(&segment.path).unwrap();
    }
    assert_eq!(place.list().unwrap().len(), 1);
    let err = scan(place, &segments, &Wanted::ALL, &mut |_| ()).unwrap_err();
    assert!(matches!(err, ScanError::Missing { .. }), "{err}");

    // Another object under the name of one that is listed.
    place.put(&together[0].path, b"short".to_vec()).unwrap();
    let err = flips(place, &together, 200).unwrap_err();
    assert!(matches!(err, ScanError::Size { found: 5, .. }), "{err}");
    place.put(&together[0].path, vec![0; together[0].bytes as usize]).unwrap();
    let err = flips(place, &together, 200).unwrap_err();
    assert!(matches!(err, ScanError::Content { .. }), "{err}");
    place.delete(&together[0].path).unwrap();
}

#[test]
fn a_lake_in_a_bucket_does_what_one_in_a_directory_does() {
    for prefix in ["", "teams/acme%2Fapi"] {
        let store = Arc::new(InMemory::new());
        let objects = Objects::over(store, prefix, "s3://bucket").unwrap();
        write_scan_compact_and_delete(&Place::Objects(objects));
    }
}

#[test]
fn requests_may_be_made_from_within_another_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let objects = Objects::over(Arc::new(InMemory::new()), "", "s3://bucket").unwrap();
        write_scan_compact_and_delete(&Place::Objects(objects));
    });
}

/// A server that is started by hand, such as `moto_server -p 5055`:
/// `TL_TEST_S3=http://127.0.0.1:5055 cargo nextest run -p tl-lake --features s3`
#[test]
fn a_server_that_speaks_s3_does_what_a_directory_does() {
    #[expect(clippy::disallowed_methods, reason = "which server to test against")]
    let Ok(endpoint) = std::env::var("TL_TEST_S3") else { return };
    let host = endpoint.strip_prefix("http://").expect("a server without TLS");
    let bucket = format!("lake-{}", std::process::id());
    make_bucket(host, &bucket);
    let variables = variables(&[
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ]);
    let objects =
        Objects::open(&format!("s3://{bucket}/teams/acme%2Fapi/"), variables.clone()).unwrap();
    write_scan_compact_and_delete(&Place::Objects(objects));

    let nowhere = Objects::open("s3://no-such-bucket-here", variables).unwrap();
    let err = Place::Objects(nowhere).put("results/L0/1-0123abcd.parquet", vec![1]).unwrap_err();
    assert!(err.to_string().contains("s3://no-such-bucket-here/results/L0/1-"), "{err}");
}

/// `PUT /bucket`, which this crate never does otherwise.
fn make_bucket(host: &str, bucket: &str) {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let request = format!(
        "PUT /{bucket} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn an_address_that_is_none_is_told() {
    let key = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    for url in ["", "s3://", "s3:///x", "http://host/b", "s3://b/../c", "s3://b//c", "s3://b c"] {
        let done = Objects::open(url, variables(&key));
        assert!(matches!(done, Err(BucketError::Address { .. })), "{url}");
    }
    for url in ["s3://b", "s3://b/", "s3://b.c-d/e/f_g%2Fh/"] {
        Objects::open(url, variables(&key)).unwrap();
    }
}

#[test]
fn without_a_key_nobody_is_asked_for_one() {
    let open = |pairs: &[(&str, &str)]| Objects::open("s3://bucket", variables(pairs));
    let half = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", ""), ("HOME", "x")];
    assert!(matches!(open(&half), Err(BucketError::NoKey { .. })));
    open(&[("AWS_SKIP_SIGNATURE", "true")]).unwrap();
}

#[test]
fn a_key_is_in_no_message() {
    let pairs = [("AWS_ACCESS_KEY_ID", "AKIA-ID"), ("AWS_SECRET_ACCESS_KEY", "very-secret")];
    let objects = Objects::open("s3://bucket/x", variables(&pairs)).unwrap();
    assert_eq!(format!("{objects:?}"), "Objects(\"s3://bucket/x\")");
    let mut pairs = variables(&pairs);
    pairs.push(("AWS_ALLOW_HTTP".to_owned(), "perhaps".to_owned()));
    let err = Objects::open("s3://bucket/x", pairs).unwrap_err();
    assert!(!format!("{err:?}").contains("very-secret"), "{err:?}");
}
