//! The kernel's names of algorithms, as `ip xfrm state` prints them (Linux, `net/xfrm/xfrm_algo.c`), in strongSwan's
//! words.

/// The kernel's name of an algorithm, with the key's bits and those of the check value, in strongSwan's words. What is
/// not known here stays as it is.
pub(super) fn algorithm(kind: &str, rest: &str) -> String {
    let mut words = rest.split_whitespace();
    let name = words.next().unwrap_or_default();
    let key = words.clone().next().and_then(|word| word.strip_prefix("0x"));
    let told = rest.split_once(" (").and_then(|(_, rest)| rest.split_once(" bits)")?.0.parse::<usize>().ok());
    let bits = told.or_else(|| key.map(|key| key.len() * 4)).unwrap_or(0);
    // Salt and nonce are a part of the key.
    let sized = |known: &str, besides: usize| match bits.checked_sub(besides) {
        Some(bits @ 1..) => format!("{known}-{bits}"),
        _ => known.to_owned(),
    };
    let check = words.last().unwrap_or_default();
    match (kind, name, check) {
        ("aead", "rfc4106(gcm(aes))", "128") => sized("AES_GCM_16", 32),
        ("aead", "rfc4106(gcm(aes))", "96") => sized("AES_GCM_12", 32),
        ("aead", "rfc4106(gcm(aes))", "64") => sized("AES_GCM_8", 32),
        ("aead", "rfc4309(ccm(aes))", "128") => sized("AES_CCM_16", 24),
        ("aead", "rfc4309(ccm(aes))", "96") => sized("AES_CCM_12", 24),
        ("aead", "rfc4309(ccm(aes))", "64") => sized("AES_CCM_8", 24),
        ("aead", "rfc4543(gcm(aes))", _) => "NULL_AES_GMAC".to_owned(),
        ("aead", "rfc7539esp(chacha20,poly1305)", "128") => "CHACHA20_POLY1305".to_owned(),
        ("enc", "ecb(cipher_null)" | "cipher_null", _) => "NULL".to_owned(),
        ("enc", "cbc(aes)" | "aes", _) => sized("AES_CBC", 0),
        ("enc", "rfc3686(ctr(aes))", _) => sized("AES_CTR", 32),
        ("enc", "cbc(des)" | "des", _) => "DES_CBC".to_owned(),
        ("enc", "cbc(des3_ede)" | "des3_ede", _) => "3DES_CBC".to_owned(),
        ("enc", "cbc(blowfish)" | "blowfish", _) => "BLOWFISH_CBC".to_owned(),
        ("enc", "cbc(cast5)" | "cast5", _) => "CAST_CBC".to_owned(),
        ("auth-trunc", "hmac(sha256)", "128") => "HMAC_SHA2_256_128".to_owned(),
        ("auth-trunc", "hmac(sha256)", "96") => "HMAC_SHA2_256_96".to_owned(),
        ("auth-trunc", "hmac(sha384)", "192") => "HMAC_SHA2_384_192".to_owned(),
        ("auth-trunc", "hmac(sha512)", "256") => "HMAC_SHA2_512_256".to_owned(),
        ("auth-trunc", "hmac(sha1)", "96") => "HMAC_SHA1_96".to_owned(),
        ("auth-trunc", "hmac(sha1)", "160") => "HMAC_SHA1_160".to_owned(),
        ("auth-trunc" | "auth", "hmac(md5)", _) => "HMAC_MD5_96".to_owned(),
        ("auth-trunc", "xcbc(aes)", "96") => "AES_XCBC_96".to_owned(),
        ("auth-trunc", "cmac(aes)", "96") => "AES_CMAC_96".to_owned(),
        _ => crate::letters::beginning(name, 60).to_owned(),
    }
}
