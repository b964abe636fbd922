//! SHA-1 ([FIPS 180-4 §6.1]), to look certificates up by the thumbprints that Windows and Java list, and for nothing
//! else: no signature is verified with it.
//!
//! [FIPS 180-4 §6.1]: https://doi.org/10.6028/NIST.FIPS.180-4

use crate::source::hex;

/// SHA-1 as lower-case hex.
#[must_use]
pub fn sha1_hex(bytes: &[u8]) -> String {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let (blocks, tail) = bytes.as_chunks::<64>();
    for block in blocks {
        compress(&mut state, block);
    }
    let mut end = tail.to_vec();
    end.push(0x80);
    while end.len() % 64 != 56 {
        end.push(0);
    }
    end.extend((bytes.len() as u64 * 8).to_be_bytes());
    for block in end.as_chunks::<64>().0 {
        compress(&mut state, block);
    }
    let mut digest = Vec::with_capacity(20);
    for word in state {
        digest.extend(word.to_be_bytes());
    }
    hex(&digest)
}

fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut words = Vec::with_capacity(80);
    words.extend(block.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)));
    let back = |words: &[u32], steps: usize| words.len().checked_sub(steps).and_then(|at| words.get(at)).copied();
    while words.len() < 80 {
        let mixed = [3, 8, 14, 16].iter().fold(0, |mixed, steps| mixed ^ back(&words, *steps).unwrap_or_default());
        words.push(mixed.rotate_left(1));
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (round, word) in words.into_iter().enumerate() {
        let (mixed, constant) = match round / 20 {
            0 => ((b & c) | (!b & d), 0x5A82_7999),
            1 => (b ^ c ^ d, 0x6ED9_EBA1),
            2 => ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
        };
        let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (sum, word) in state.iter_mut().zip([a, b, c, d, e]) {
        *sum = sum.wrapping_add(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard() {
        for (text, digest) in [
            (String::new(), "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc".to_owned(), "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".to_owned(),
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            ),
            ("a".repeat(1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        ] {
            assert_eq!(sha1_hex(text.as_bytes()), digest, "{} bytes", text.len());
        }
    }
}
