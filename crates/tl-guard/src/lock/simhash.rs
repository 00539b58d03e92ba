//! How alike two texts are, from 64 bits each: a tool under another name is found again.
//!
//! In: text. Out: a fingerprint of which few bits change when few words do (Charikar 2002, over
//! three words at a time). **Invariant:** says only "probably the same text"; what is approved is
//! decided by SHA-256 alone.

/// Bits that may differ between texts that count as the same.
const NEAR: u32 = 10;

/// The fingerprint of a text; white space, case, marks and invisible characters do not count.
pub fn simhash(text: &str) -> u64 {
    let words = words(text);
    let mut weights = [0_i32; 64];
    let mut add = |shingle: &[String]| {
        let hash = mixed(fnv(shingle));
        for (bit, weight) in weights.iter_mut().enumerate() {
            *weight += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    };
    if words.len() < 3 {
        add(&words);
    } else {
        words.windows(3).for_each(&mut add);
    }
    weights
        .iter()
        .enumerate()
        .filter(|(_, weight)| **weight > 0)
        .fold(0, |bits, (bit, _)| bits | 1 << bit)
}

/// Whether two fingerprints are of probably the same text.
pub const fn is_near(one: u64, other: u64) -> bool {
    (one ^ other).count_ones() <= NEAR
}

fn words(text: &str) -> Vec<String> {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    seen.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// FNV-1a over the words with a zero byte behind each.
fn fnv(words: &[String]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The last step of MurmurHash3: FNV alone hardly changes its upper bits for short words.
const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Creates an issue in a repository of the forge with a title, a body in Markdown, \
        labels and people to assign it to, and returns its number, its address and the instant at \
        which it was created, or says why the forge refused it";

    #[test]
    fn a_text_with_one_other_word_is_near_and_another_text_is_not() {
        let one = simhash(TEXT);
        assert!(is_near(one, simhash(&TEXT.replace("address", "link"))));
        assert!(is_near(one, simhash(&TEXT.to_uppercase().replace("ISSUE", "IS\u{200b}SUE"))));
        let other = "Lists the files of a directory with size and date, sorted by name, without those \
            that begin with a dot, and follows no links unless it is asked to";
        assert!(!is_near(one, simhash(other)));
    }
}
