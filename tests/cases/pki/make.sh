#!/bin/sh
# Makes the certificates of this folder with OpenSSL 3.0 and Python 3. Keys are thrown away: every run makes new ones,
# so that hashes in tests must not depend on these files.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

key() { # name, algorithm, options…
    to=$keys/$1.key algorithm=$2
    shift 2
    openssl genpkey -algorithm "$algorithm" "$@" -out "$to" 2>/dev/null
}

self() { # file, key, options…
    file=$1 key=$2
    shift 2
    openssl req -x509 -new -key "$keys/$key.key" -days 3650 -subj "/C=CH/O=Example AG/CN=mail.example.com" \
        "$@" -out "$file.pem"
}

san="subjectAltName=DNS:mail.example.com"
for bits in 1024 2047 2048 3072; do
    key "rsa-$bits" RSA -pkeyopt "rsa_keygen_bits:$bits"
    self "rsa-$bits" "rsa-$bits" -addext "$san"
done
for curve in P-224 P-256 P-384 secp256k1 brainpoolP256r1; do
    name=$(echo "$curve" | tr 'A-Z' 'a-z')
    key "ec-$name" EC -pkeyopt "ec_paramgen_curve:$curve"
    self "ec-$name" "ec-$name" -addext "$san"
done
key ec-explicit EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit
self ec-explicit ec-explicit -addext "$san"
key ed25519 ED25519
self ed25519 ed25519 -addext "$san"
key ed448 ED448
self ed448 ed448 -addext "$san"

self wildcard ec-p-256 -addext "subjectAltName=DNS:*.example.com,DNS:example.com"
self idn ec-p-256 -addext "subjectAltName=DNS:xn--bcher-kva.example"
self ip ec-p-256 -addext "subjectAltName=IP:192.0.2.1,IP:2001:db8::1,DNS:192.0.2.7"
self san-kinds ec-p-256 -addext \
    "subjectAltName=email:a@example.com,URI:https://example.com/,RID:1.2.3,otherName:1.2.3;UTF8:x,dirName:dn" \
    -config san.cnf
self no-san ec-p-256
self sha1 rsa-2048 -sha1 -addext "$san"
self pss-sha256 rsa-2048 -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -addext "$san"
key rsa-pss RSA-PSS -pkeyopt rsa_keygen_bits:2048
self rsa-pss rsa-pss -addext "$san"
self many-extensions ec-p-256 -addext "$san" \
    -addext keyUsage=critical,digitalSignature,keyAgreement \
    -addext extendedKeyUsage=serverAuth,clientAuth \
    -addext crlDistributionPoints=URI:http://crl.example.com/a.crl \
    -addext "authorityInfoAccess=OCSP;URI:http://ocsp.example.com,caIssuers;URI:http://ca.example.com/ca.der" \
    -addext certificatePolicies=2.23.140.1.2.2,1.2.3.4 \
    -addext tlsfeature=status_request \
    -addext "nameConstraints=permitted;DNS:example.com" \
    -addext 1.2.3.4.5=critical,DER:0500

# Expired: a request signed for a period in the past.
openssl req -new -key "$keys/ec-p-256.key" -subj "/CN=expired.example.com" -out "$keys/expired.csr"
mkdir "$keys/ca" && : >"$keys/ca/index" && echo 01 >"$keys/ca/serial"
cat >"$keys/ca.cnf" <<C
[ca]
default_ca = one
[one]
dir = $keys/ca
database = $keys/ca/index
serial = $keys/ca/serial
new_certs_dir = $keys/ca
default_md = sha256
policy = any
[any]
commonName = supplied
C
openssl ca -batch -notext -config "$keys/ca.cnf" -selfsign -keyfile "$keys/ec-p-256.key" -in "$keys/expired.csr" \
    -startdate 20200101000000Z -enddate 20210101000000Z -out expired.pem 2>/dev/null

# Root, issuing CA, server.
for name in root intermediate leaf; do key "$name" EC -pkeyopt ec_paramgen_curve:P-256; done
openssl req -x509 -new -key "$keys/root.key" -days 7300 -subj "/O=Example AG/CN=Example Root" \
    -addext keyUsage=critical,keyCertSign,cRLSign -out "$keys/root.pem"
issue() { # name, subject, issuer, extensions
    openssl req -new -key "$keys/$1.key" -subj "$2" -out "$keys/$1.csr"
    printf '%s\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' "$4" >"$keys/$1.ext"
    openssl x509 -req -in "$keys/$1.csr" -CA "$keys/$3.pem" -CAkey "$keys/$3.key" -days 3650 -CAcreateserial \
        -extfile "$keys/$1.ext" -out "$keys/$1.pem" 2>/dev/null
}
issue intermediate "/O=Example AG/CN=Example Issuing CA" root "basicConstraints=critical,CA:TRUE,pathlen:0"
issue leaf "/O=Example AG/OU=Mail/CN=mail.example.com" intermediate "$san"
cat "$keys/leaf.pem" "$keys/intermediate.pem" "$keys/root.pem" >chain.pem
openssl x509 -in "$keys/leaf.pem" -trustout -addtrust serverAuth -setalias "an alias" -out trusted.pem

# Broken by hand: the signatures of these do not verify.
openssl x509 -in rsa-2048.pem -outform DER -out "$keys/rsa.der"
python3 - "$keys/rsa.der" <<'P'
import sys

der = open(sys.argv[1], "rb").read()


def tlv(tag, value):
    n = len(value)
    length = bytes([n]) if n < 128 else (bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255]))
    return bytes([tag]) + length + value


def split(data):
    parts = []
    while data:
        n, head = data[1], 2
        if n & 128:
            head = 2 + (n & 127)
            n = int.from_bytes(data[2:head], "big")
        parts.append((data[0], data[head:head + n]))
        data = data[head + n:]
    return parts


def write(name, change):
    outer = split(split(der)[0][1])
    tbs = split(outer[0][1])
    tbs = change(tbs)
    outer[0] = (0x30, b"".join(tlv(*part) for part in tbs))
    open(name, "wb").write(tlv(0x30, b"".join(tlv(*part) for part in outer)))


def at(index, new):
    return lambda tbs: tbs[:index] + [new] + tbs[index + 1:]


write("utctime-without-seconds.der", at(4, (0x30, tlv(0x17, b"2601010000Z") + tlv(0x17, b"3601010000Z"))))
write("broken-time.der", at(4, (0x30, tlv(0x17, b"260101000000Z") + tlv(0x17, b"tomorrow"))))
write("forever.der", at(4, (0x30, tlv(0x17, b"260101000000Z") + tlv(0x18, b"99991231235959Z"))))
write("version-4.der", at(0, (0xA0, tlv(2, b"\x03"))))
write("serial-negative.der", at(1, (2, b"\xff\x01")))
write("serial-zero.der", at(1, (2, b"\x00")))
write("serial-long.der", at(1, (2, b"\x01" * 21)))
write("algorithms-differ.der", at(2, (0x30, bytes.fromhex("06092a864886f70d0101050500"))))
write("modulus-negative.der", lambda tbs: tbs[:6] + [(0x30, split(tbs[6][1]) and tlv(0x30, bytes.fromhex(
    "06092a864886f70d0101010500")) + tlv(3, b"\0" + tlv(0x30, tlv(2, b"\x80" + b"\x01" * 255) + tlv(2, b"\x01\0\x01"))))]
    + tbs[7:])


def extension(old, new):
    def change(tbs):
        extensions = [tlv(*part) for part in split(split(tbs[7][1])[0][1])]
        changed = [new if old in one else one for one in extensions]
        return tbs[:7] + [(0xA3, tlv(0x30, b"".join(changed)))]
    return change


san = bytes.fromhex("0603551d11")
good = tlv(0x30, san + tlv(4, tlv(0x30, tlv(0x82, b"mail.example.com"))))
write("san-broken.der", extension(san, tlv(0x30, san + tlv(4, b"\x30\x20\x82\x10mail"))))
write("san-entry-broken.der", extension(san, tlv(0x30, san + tlv(4, tlv(0x30, tlv(0x87, b"\x01\x02\x03")
    + tlv(0x82, b"mail.example.com"))))))
write("san-twice.der", extension(san, good + good))
write("extensions-broken.der", lambda tbs: tbs[:7] + [(0xA3, tlv(0x30, b"\x30\x7f\x06"))])
open("huge-length.der", "wb").write(b"\x30\x84\xff\xff\xff\xff" + der[4:100])
P
