//! The tables against what is known of them from elsewhere, and the wire form of all four kinds of code points.

use super::*;

fn info(name: &str) -> &'static SuiteInfo {
    CipherSuite::from_name(name).and_then(CipherSuite::info).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn suites_are_all_there_and_sorted() {
    assert_eq!(cipher_suites().len(), 352);
    assert!(cipher_suites().is_sorted_by(|a, b| a.code < b.code));
    assert_eq!(cipher_suites().iter().filter(|suite| suite.openssl.is_some()).count(), OPENSSL_NAMES);
    assert_eq!(cipher_suites().iter().filter(|suite| suite.gnutls.is_some()).count(), 187);
    for suite in cipher_suites() {
        assert!(std::ptr::eq(suite.suite().info().unwrap(), suite));
        assert!(!suite.suite().is_grease(), "{}", suite.name);
        for name in [Some(suite.name), suite.openssl, suite.gnutls].into_iter().flatten() {
            for name in [name.to_owned(), name.to_ascii_lowercase(), name.to_ascii_uppercase()] {
                assert_eq!(CipherSuite::from_name(&name), Some(suite.suite()), "{name}");
            }
        }
    }
}

/// All suites that the data gives an OpenSSL name, those of old releases included.
const OPENSSL_NAMES: usize = 253;

/// Rows of `openssl ciphers -V -stdname` (3.0.19) and of `gnutls-cli --list` (3.7.9).
#[test]
fn pinned_rows_of_openssl_and_gnutls() {
    for (code, name, openssl, gnutls) in [
        (0x0005, "TLS_RSA_WITH_RC4_128_SHA", Some("RC4-SHA"), Some("TLS_RSA_ARCFOUR_128_SHA1")),
        (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", Some("DES-CBC3-SHA"), Some("TLS_RSA_3DES_EDE_CBC_SHA1")),
        (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", Some("AES128-SHA"), Some("TLS_RSA_AES_128_CBC_SHA1")),
        (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", Some("DHE-RSA-AES256-SHA"), Some("TLS_DHE_RSA_AES_256_CBC_SHA1")),
        (0x003A, "TLS_DH_anon_WITH_AES_256_CBC_SHA", Some("ADH-AES256-SHA"), Some("TLS_DH_ANON_AES_256_CBC_SHA1")),
        (0x009A, "TLS_DHE_RSA_WITH_SEED_CBC_SHA", Some("DHE-RSA-SEED-SHA"), None),
        (0x1301, "TLS_AES_128_GCM_SHA256", Some("TLS_AES_128_GCM_SHA256"), Some("TLS_AES_128_GCM_SHA256")),
        (0x1306, "TLS_AEGIS_256_SHA384", None, None),
        (
            0xC019,
            "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
            Some("AECDH-AES256-SHA"),
            Some("TLS_ECDH_ANON_AES_256_CBC_SHA1"),
        ),
        (
            0xC030,
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            Some("ECDHE-RSA-AES256-GCM-SHA384"),
            Some("TLS_ECDHE_RSA_AES_256_GCM_SHA384"),
        ),
        (0xC0AA, "TLS_PSK_DHE_WITH_AES_128_CCM_8", Some("DHE-PSK-AES128-CCM8"), Some("TLS_DHE_PSK_AES_128_CCM_8")),
        (
            0xC102,
            "TLS_GOSTR341112_256_WITH_28147_CNT_IMIT",
            Some("GOST2012-GOST8912-GOST8912"),
            Some("TLS_GOSTR341112_256_28147_CNT_IMIT"),
        ),
        (
            0xCCA8,
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            Some("ECDHE-RSA-CHACHA20-POLY1305"),
            Some("TLS_ECDHE_RSA_CHACHA20_POLY1305"),
        ),
    ] {
        let suite = CipherSuite(code).info().unwrap();
        assert_eq!((suite.name, suite.openssl, suite.gnutls), (name, openssl, gnutls));
    }
}

#[test]
fn other_spellings() {
    for (spelling, name) in [
        ("TLS_AKE_WITH_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
        ("TLS_AKE_WITH_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
        ("SSL_RSA_WITH_RC4_128_MD5", "TLS_RSA_WITH_RC4_128_MD5"),
        ("SSL_DH_anon_EXPORT_WITH_RC4_40_MD5", "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("DHE-RSA-DES-CBC3-SHA", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("EXP-DHE-RSA-DES-CBC-SHA", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
        ("ECDHE-RSA-DES-CBC3-SHA", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    ] {
        assert_eq!(CipherSuite::from_name(spelling).unwrap().name(), name, "{spelling}");
    }
    for unknown in [
        "",
        "TLS_AKE_WITH_",
        "TLS_AKE_WITH_SHA256",
        "TLS_AKE_WITH_RSA_WITH_AES_128_CBC_SHA",
        "SSL_CK_RC4_128_WITH_MD5",
        "SSL2_RC4_128_WITH_MD5",
        "SSL_RSA_FIPS_WITH_DES_CBC_SHA",
        "ECDHE-RSA-CHACHA20-POLY1305-OLD",
        "TLS_RSA_WITH_CHACHA20_POLY1305",
        "AES256",
        "é",
    ] {
        assert_eq!(CipherSuite::from_name(unknown), None, "{unknown}");
    }
}

#[test]
fn names_and_parts_agree_for_every_suite() {
    for suite in cipher_suites() {
        let name = suite.name;
        let has = |part: &str| name.contains(part);
        let starts = |part: &str| name.starts_with(part);
        if suite.suite().is_signalling() {
            assert_eq!((suite.key_exchange, suite.cipher), (KeyExchange::Signalling, Cipher::Signalling), "{name}");
            assert!(suite.is_broken().is_none() && !suite.provides_forward_secrecy(), "{name}");
            continue;
        }
        assert!(!has("SCSV"), "{name}");

        let null = has("WITH_NULL") || has("SHA256_SHA256") || has("SHA384_SHA384");
        assert_eq!(suite.is_null_cipher(), null, "{name}");
        assert_eq!(suite.key_bits == 0, null, "{name}");
        assert_eq!(suite.is_export(), has("_EXPORT_"), "{name}");
        assert!(!suite.is_export() || suite.key_bits <= 56, "{name}");
        assert_eq!(suite.is_anonymous(), has("_anon_") || suite.code == 0, "{name}");
        assert_eq!(suite.uses_rc4(), has("RC4"), "{name}");
        assert_eq!(suite.uses_3des(), has("3DES"), "{name}");
        assert_eq!(suite.uses_des(), has("WITH_DES"), "{name}");
        for (part, bits) in [
            ("_40_", 40),
            ("DES40", 40),
            ("WITH_DES_CBC_SHA", 56),
            ("WITH_DES_CBC_MD5", 56),
            ("3DES", 112),
            ("RC4_128", 128),
            ("IDEA", 128),
            ("SEED", 128),
            ("SM4", 128),
            ("AES_128", 128),
            ("CAMELLIA_128", 128),
            ("ARIA_128", 128),
            ("AEGIS_128L", 128),
            ("AES_256", 256),
            ("CAMELLIA_256", 256),
            ("ARIA_256", 256),
            ("AEGIS_256", 256),
            ("CHACHA20", 256),
            ("28147", 256),
            ("KUZNYECHIK", 256),
            ("MAGMA", 256),
        ] {
            assert!(!has(part) || suite.key_bits == bits, "{name}");
        }

        let tls13 = suite.first_version == ProtocolVersion::TLS1_3;
        assert_eq!(tls13, !has("_WITH_") || has("_MGM_"), "{name}");
        assert_eq!(suite.key_exchange == KeyExchange::Tls13, tls13, "{name}");
        let ephemeral =
            ["TLS_DHE_", "TLS_ECDHE_", "TLS_DH_anon_", "TLS_ECDH_anon_", "TLS_PSK_DHE_", "TLS_SRP_", "TLS_ECCPWD_"];
        assert_eq!(suite.provides_forward_secrecy(), tls13 || ephemeral.into_iter().any(starts), "{name}");
        for fixed in
            ["TLS_RSA_", "TLS_DH_RSA_", "TLS_DH_DSS_", "TLS_ECDH_RSA_", "TLS_ECDH_ECDSA_", "TLS_PSK_WITH_", "TLS_KRB5_"]
        {
            assert!(!starts(fixed) || !suite.provides_forward_secrecy(), "{name}");
        }

        let aead = ["_GCM", "_CCM", "POLY1305", "AEGIS", "_MGM_"].into_iter().any(has);
        assert_eq!(suite.mode.is_aead(), aead, "{name}");
        assert_eq!(suite.mac == Mac::Aead, aead, "{name}");
        assert_eq!(suite.mode == Mode::Ccm8, has("CCM_8"), "{name}");
        assert_eq!(suite.mode == Mode::Cbc, has("_CBC_"), "{name}");
        assert!(!aead || tls13 || suite.tls12_only(), "{name}");
        assert_eq!(suite.mac == Mac::Sha1, name.ends_with("_SHA"), "{name}");
        assert_eq!(suite.mac == Mac::Md5, name.ends_with("_MD5"), "{name}");
    }
}

#[test]
fn weaknesses_are_told_worst_first() {
    for (name, weakness) in [
        ("TLS_NULL_WITH_NULL_NULL", Some(Weakness::Null)),
        ("TLS_ECDH_anon_WITH_NULL_SHA", Some(Weakness::Null)),
        ("TLS_SHA256_SHA256", Some(Weakness::Null)),
        ("TLS_SHA384_SHA384", Some(Weakness::Null)),
        ("TLS_DH_anon_EXPORT_WITH_RC4_40_MD5", Some(Weakness::Anonymous)),
        ("TLS_ECDH_anon_WITH_AES_256_CBC_SHA", Some(Weakness::Anonymous)),
        ("TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5", Some(Weakness::Export)),
        ("TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA", Some(Weakness::Export)),
        ("TLS_DHE_RSA_WITH_DES_CBC_SHA", Some(Weakness::Des)),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", Some(Weakness::Rc4)),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", Some(Weakness::TripleDes)),
        ("TLS_RSA_WITH_IDEA_CBC_SHA", Some(Weakness::Idea)),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", None),
        ("TLS_AEGIS_256_SHA384", None),
        ("TLS_AES_128_GCM_SHA256", None),
    ] {
        assert_eq!(info(name).is_broken(), weakness, "{name}");
    }
    assert!(info("TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5").has(Weakness::Rc2));
    assert!(Weakness::ALL.is_sorted() && Weakness::ALL.iter().all(|weakness| !weakness.words().is_empty()));
}

#[test]
fn what_proves_the_server() {
    for (name, authentication, uses_certificate) in [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Authentication::Ecdsa, true),
        ("TLS_DHE_DSS_WITH_AES_128_CBC_SHA", Authentication::Dss, true),
        ("TLS_SRP_SHA_WITH_AES_128_CBC_SHA", Authentication::Srp, false),
        ("TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA", Authentication::Rsa, true),
        ("TLS_RSA_PSK_WITH_AES_128_CBC_SHA", Authentication::Psk, true),
        ("TLS_DHE_PSK_WITH_AES_128_CBC_SHA", Authentication::Psk, false),
        ("TLS_ECCPWD_WITH_AES_128_GCM_SHA256", Authentication::Password, false),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", Authentication::Anonymous, false),
        ("TLS_AES_128_GCM_SHA256", Authentication::Certificate, true),
    ] {
        assert_eq!(info(name).authentication, authentication, "{name}");
        assert_eq!(info(name).uses_certificate(), uses_certificate, "{name}");
    }
}

#[test]
fn versions_of_suites() {
    for (name, first_version) in [
        ("TLS_RSA_WITH_AES_128_CBC_SHA", ProtocolVersion::SSL3),
        ("TLS_RSA_WITH_AES_128_CBC_SHA256", ProtocolVersion::TLS1_2),
        ("TLS_RSA_WITH_NULL_SHA256", ProtocolVersion::TLS1_2),
        ("TLS_PSK_WITH_NULL_SHA256", ProtocolVersion::SSL3),
        ("TLS_PSK_WITH_AES_128_GCM_SHA256", ProtocolVersion::TLS1_2),
        ("TLS_SM4_GCM_SM3", ProtocolVersion::TLS1_3),
        ("TLS_SHA384_SHA384", ProtocolVersion::TLS1_3),
        ("TLS_GOSTR341112_256_WITH_MAGMA_MGM_S", ProtocolVersion::TLS1_3),
        ("TLS_GOSTR341112_256_WITH_MAGMA_CTR_OMAC", ProtocolVersion::TLS1_2),
    ] {
        assert_eq!(info(name).first_version, first_version, "{name}");
    }
}

#[test]
fn grease_is_recognised() {
    let grease: Vec<u16> = (0..=u16::MAX).filter(|code| CipherSuite(*code).is_grease()).collect();
    let expected: Vec<u16> = (0..16).map(|step| 0x0A0A + 0x1010 * step).collect();
    assert_eq!(grease, expected);
    assert!(
        NamedGroup(0x2A2A).is_grease() && SignatureScheme(0xFAFA).is_grease() && ProtocolVersion(0x0A0A).is_grease()
    );
    assert!(!NamedGroup(0x0A1A).is_grease());
}

#[test]
fn the_wire_keeps_every_code_point() {
    fn round_trip<T>(value: T, json: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    }
    round_trip(CipherSuite(0x1301), r#""TLS_AES_128_GCM_SHA256""#);
    round_trip(CipherSuite(0x1399), r#""0x1399""#);
    round_trip(CipherSuite(0xCC13), r#""0xCC13""#);
    round_trip(NamedGroup(23), r#""secp256r1""#);
    round_trip(NamedGroup(0x6A6A), r#""0x6A6A""#);
    round_trip(SignatureScheme(0x0804), r#""rsa_pss_rsae_sha256""#);
    round_trip(SignatureScheme(0x0101), r#""0x0101""#);
    round_trip(ProtocolVersion::TLS1_2, r#""TLSv1.2""#);
    round_trip(ProtocolVersion::SSL3, r#""SSLv3""#);
    round_trip(ProtocolVersion(0x0305), r#""0x0305""#);
    for code in 0..=u16::MAX {
        round_trip(CipherSuite(code), &serde_json::to_string(&CipherSuite(code)).unwrap());
        round_trip(NamedGroup(code), &serde_json::to_string(&NamedGroup(code)).unwrap());
        round_trip(SignatureScheme(code), &serde_json::to_string(&SignatureScheme(code)).unwrap());
        round_trip(ProtocolVersion(code), &serde_json::to_string(&ProtocolVersion(code)).unwrap());
    }
    assert_eq!(serde_json::from_str::<CipherSuite>(r#""AES128-SHA""#).unwrap(), CipherSuite(0x002F));
    assert_eq!(serde_json::from_str::<CipherSuite>(r#""0x002f""#).unwrap(), CipherSuite(0x002F));
    for not_a_suite in [r#""0x13""#, r#""0x01301""#, r#""0x+301""#, r#""1301""#, r#""""#, "4865", "null"] {
        assert!(serde_json::from_str::<CipherSuite>(not_a_suite).is_err(), "{not_a_suite}");
    }
    assert_eq!(
        "RC5".parse::<CipherSuite>().unwrap_err(),
        "expected a cipher suite's name or a code point as 0x1399, found `RC5`"
    );
}

#[test]
fn unknown_code_points_say_their_number() {
    assert_eq!(CipherSuite(0x1399).to_string(), "CipherSuite(0x1399)");
    assert_eq!(NamedGroup(0x1399).to_string(), "NamedGroup(0x1399)");
    assert_eq!(SignatureScheme(0x0101).to_string(), "SignatureScheme(0x0101)");
    assert_eq!(CipherSuite(0x1399).info(), None);
    assert!(CipherSuite(0x00FF).is_signalling() && CipherSuite(0x5600).is_signalling());
}
