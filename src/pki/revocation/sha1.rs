//! SHA-1 ([RFC 3174]), by which OCSP names issuers and responders ([RFC 6960 §4.1.1], [RFC 5019 §2.1.1]).
//!
//! It only says which certificate is meant; no signature rests on it.
//!
//! [RFC 3174]: https://www.rfc-editor.org/rfc/rfc3174
//! [RFC 6960 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6960#section-4.1.1
//! [RFC 5019 §2.1.1]: https://www.rfc-editor.org/rfc/rfc5019#section-2.1.1

/// The hash of a message.
pub(super) fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301_u32, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        state = compressed(state, block);
    }
    let mut hash = [0; 20];
    for (to, from) in hash.iter_mut().zip(state.into_iter().flat_map(u32::to_be_bytes)) {
        *to = from;
    }
    hash
}

fn compressed(state: [u32; 5], block: &[u8]) -> [u32; 5] {
    // The last sixteen words of the schedule, the oldest first.
    let mut window = [0_u32; 16];
    for (word, bytes) in window.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    }
    let [mut a, mut b, mut c, mut d, mut e] = state;
    for round in 0..80 {
        let [oldest, _, second, .., eighth, _, _, _, _, third_last, _, _] = window;
        let (mixed, constant) = match round {
            0..20 => (b & c | !b & d, 0x5A82_7999),
            20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
            40..60 => (b & c | b & d | c & d, 0x8F1B_BCDC_u32),
            _ => (b ^ c ^ d, 0xCA62_C1D6),
        };
        let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(oldest).wrapping_add(constant);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        window.rotate_left(1);
        window[15] = (oldest ^ second ^ eighth ^ third_last).rotate_left(1);
    }
    let [f, g, h, i, j] = state;
    [a.wrapping_add(f), b.wrapping_add(g), c.wrapping_add(h), d.wrapping_add(i), e.wrapping_add(j)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::hex;

    #[test]
    fn hashes_are_those_of_the_standard() {
        for (message, hash) in [
            (Vec::new(), "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (b"abc".to_vec(), "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".to_vec(),
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            ),
            (vec![b'a'; 1_000_000], "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        ] {
            assert_eq!(hex(&sha1(&message)), hash);
        }
    }
}
