use proptest::prelude::*;

use super::{Left, is, read};
use crate::limits;

/// An archive of members that are stored as they are; `method` and `flags` are written into each.
fn archive(members: &[(&str, &[u8])], method: u16, flags: u16) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let two = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let four = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    for (name, bytes) in members {
        let header = out.len();
        out.extend_from_slice(b"PK\x03\x04\x14\0");
        out.extend_from_slice(&[0; 20]);
        out.extend_from_slice(&two(name.len()));
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0");
        directory.extend_from_slice(&flags.to_le_bytes());
        directory.extend_from_slice(&method.to_le_bytes());
        directory.extend_from_slice(&[0; 8]);
        directory.extend_from_slice(&four(bytes.len()));
        directory.extend_from_slice(&four(bytes.len()));
        directory.extend_from_slice(&two(name.len()));
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&four(header));
        directory.extend_from_slice(name.as_bytes());
    }
    let (start, size) = (out.len(), directory.len());
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&two(members.len()));
    out.extend_from_slice(&two(members.len()));
    out.extend_from_slice(&four(size));
    out.extend_from_slice(&four(start));
    out.extend_from_slice(&[0; 2]);
    out
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut deflate = zlib_rs::Deflate::new(6, false, 15);
    let mut out = vec![0; bytes.len() + 1_024];
    deflate.compress(bytes, &mut out, zlib_rs::DeflateFlush::Finish).unwrap();
    out.truncate(usize::try_from(deflate.total_out()).unwrap());
    out
}

fn all(bytes: &[u8]) -> (Vec<(String, Vec<u8>)>, Vec<Left>) {
    let mut members = Vec::new();
    let left = read(bytes, &mut |name, bytes| members.push((name.to_owned(), bytes)));
    (members, left)
}

#[test]
fn members_are_read_whether_packed_or_not() {
    let text = b"say it, and say it again, and say it again".repeat(50);
    for (method, bytes) in [(0, text.clone()), (8, packed(&text))] {
        let zip = archive(&[("a/", b""), ("a/b.txt", &bytes)], method, 0);
        assert!(is(&zip));
        assert_eq!(all(&zip), (vec![("a/b.txt".to_owned(), text.clone())], vec![]));
    }
}

#[test]
fn what_other_programs_pack_is_read() {
    let (members, left) = all(include_bytes!("../../../../../fuzz/seeds/guard_zip/document"));
    assert_eq!((members.len(), left.len()), (2, 0));
    assert_eq!(crate::parse::office::text(&members[1].1), "Read & say.\n");
    let (members, left) = all(include_bytes!("../../../../../fuzz/seeds/guard_zip/stored"));
    assert_eq!((members, left), (vec![("a/b.txt".to_owned(), b"text".to_vec())], vec![]));
}

#[test]
fn a_directory_that_leaves_members_out_is_told() {
    let whole = archive(&[("a", b"x"), ("b", b"y")], 0, 0);
    let end = whole.len() - 22;
    let start =
        usize::try_from(u32::from_le_bytes(whole[end + 16..end + 20].try_into().unwrap())).unwrap();
    let second = start + 47;
    assert!(whole[second..].starts_with(b"PK\x01\x02"));
    let mut points_behind = whole.clone();
    points_behind[end + 16..end + 20].copy_from_slice(&u32::try_from(end).unwrap().to_le_bytes());
    let mut ends_early = whole.clone();
    ends_early[second] = b'Q';
    for (zip, read) in [(points_behind, 0), (ends_early, 1)] {
        let (members, left) = all(&zip);
        assert_eq!(members.len(), read);
        assert_eq!(left.len(), 1, "nothing said of what is not read");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let why = |zip: &[u8]| all(zip).1.into_iter().map(|left| left.why).collect::<Vec<_>>();
    assert_eq!(why(&archive(&[("a", b"x")], 0, 1)), ["it has a password"]);
    assert_eq!(
        why(&archive(&[("a", b"x")], 12, 0)),
        ["it is compressed in a way that is not read"]
    );
    assert_eq!(why(&archive(&[("a", b"\xff\xff")], 8, 0)), ["its data is broken"]);
    assert_eq!(why(b"PK\x03\x04"), ["its directory is broken"]);
}

#[test]
fn a_member_that_would_fill_the_memory_is_given_up() {
    let zip = archive(&[("a", &packed(&vec![0; 40 << 20]))], 8, 0);
    let (members, left) = all(&zip);
    assert!(members.is_empty());
    assert_eq!(left[0].why, "it grows more than text can");
    let noise: Vec<u8> = (0..limits::ARCHIVE_MEMBER + 1).map(|n| ((n * n) >> 7) as u8).collect();
    let (members, left) = all(&archive(&[("a", &noise)], 0, 0));
    assert!(members.is_empty());
    assert_eq!(left[0].why, "it is larger than is read");
}

#[test]
fn many_members_are_read_to_the_limit() {
    let names: Vec<String> = (0..limits::ARCHIVE_MEMBERS + 5).map(|n| n.to_string()).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    let (read, left) = all(&archive(&members, 0, 0));
    assert_eq!(read.len(), limits::ARCHIVE_MEMBERS);
    assert_eq!(left[0].why, "it has more members than are read");
}

proptest! {
    #[test]
    fn nothing_is_too_broken_to_be_read(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<proptest::sample::Index>(),
    ) {
        let text = b"once more, once more, once more".repeat(20);
        let mut zip = archive(&[("a", &packed(&text)), ("b", b"x")], 8, 0);
        for (at, byte) in flips {
            let at = at.index(zip.len());
            zip[at] = byte;
        }
        let cut = cut.index(zip.len() + 1);
        all(&zip[..cut]);
    }
}
