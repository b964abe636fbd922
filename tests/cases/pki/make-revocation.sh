#!/bin/sh
# Makes certificates with the CRLs and OCSP responses of their CAs: `revocation-*.pem` here, and `../formats/revocation`.
# OpenSSL 3.0. Keys are thrown away. OpenSSL gives OCSP responses the time of the run; they hold for 30 days.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
out=../formats/revocation
mkdir -p "$out"

for name in root issuing leaf revoked held responder; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$keys/$name.key" 2>/dev/null
done
config() { # CA, its name in addresses
    mkdir -p "$keys/$1" && : >"$keys/$1/index" && echo "$3" >"$keys/$1/serial" && echo 01 >"$keys/$1/crlnumber"
    cat >"$keys/$1.cnf" <<C
[ca]
default_ca = one
[one]
dir = $keys/$1
database = $keys/$1/index
serial = $keys/$1/serial
crlnumber = $keys/$1/crlnumber
new_certs_dir = $keys/$1
certificate = $2
private_key = $keys/$1.key
default_md = sha256
policy = any
unique_subject = no
crl_extensions = list
[any]
organizationName = supplied
commonName = supplied
[list]
authorityKeyIdentifier = keyid
C
}
config root revocation-root.pem 4A00000000000001
config issuing revocation-issuing.pem 5B00000000000001
openssl req -new -key "$keys/root.key" -subj "/O=Example AG/CN=Example Root for Revocation" -out "$keys/root.csr"
printf 'subjectKeyIdentifier=hash\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >"$keys/ext"
openssl ca -batch -notext -config "$keys/root.cnf" -selfsign -in "$keys/root.csr" -extfile "$keys/ext" \
    -startdate 20260101000000Z -enddate 20451231235959Z -out revocation-root.pem 2>/dev/null
issue() { # CA, name, common name, extensions
    openssl req -new -key "$keys/$2.key" -subj "/O=Example AG/CN=$3" -out "$keys/$2.csr"
    printf 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n%s\n' "$4" >"$keys/ext"
    openssl ca -batch -notext -config "$keys/$1.cnf" -in "$keys/$2.csr" -extfile "$keys/ext" \
        -startdate 20260101000000Z -enddate 20271231235959Z -out "$keys/$2.pem" 2>/dev/null
}
issue root issuing "Example Issuing CA for Revocation" "basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
crlDistributionPoints=URI:http://crl.example.com/root.crl
authorityInfoAccess=caIssuers;URI:http://ca.example.com/root.der"
cp "$keys/issuing.pem" revocation-issuing.pem
server="basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:mail.example.com
crlDistributionPoints=URI:http://crl.example.com/issuing.crl
authorityInfoAccess=OCSP;URI:http://ocsp.example.com,caIssuers;URI:http://ca.example.com/issuing.der"
issue issuing leaf mail.example.com "$server
tlsfeature=status_request"
for name in revoked held; do issue issuing "$name" mail.example.com "$server"; done
issue issuing responder "Example Responder" "basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=OCSPSigning
noCheck=ignored"
for name in leaf revoked held; do cp "$keys/$name.pem" "revocation-$name.pem"; done
list() { # CA, file
    openssl ca -gencrl -config "$keys/$1.cnf" -crl_lastupdate 20261120000000Z -crl_nextupdate 20261130000000Z \
        -out "$2" 2>/dev/null
}
list root "$out/root-crl.pem"
revoke() { # file, reason
    openssl ca -config "$keys/issuing.cnf" -revoke "$1" -crl_reason "$2" 2>/dev/null
}
revoke revocation-revoked.pem keyCompromise
revoke revocation-held.pem certificateHold
# Revoked at the time of the run: the lists are to be of the days around 2026-11-22.
awk -F '\t' -v OFS='\t' '$1 == "R" { split($3, part, ","); $3 = "261101000000Z," part[2] } { print }' \
    "$keys/issuing/index" >"$keys/index" && cp "$keys/index" "$keys/issuing/index"
list issuing "$out/issuing-crl.pem"
openssl crl -in "$out/issuing-crl.pem" -outform DER -out "$out/issuing-crl.der"
for name in leaf revoked; do
    openssl ocsp -index "$keys/issuing/index" -CA revocation-issuing.pem -rsigner "$keys/responder.pem" \
        -rkey "$keys/responder.key" -issuer revocation-issuing.pem -cert "revocation-$name.pem" -ndays 30 \
        -respout "$out/$name-ocsp.der" >/dev/null 2>&1
    { echo "-----BEGIN OCSP RESPONSE-----" && base64 -w 64 <"$out/$name-ocsp.der" && echo "-----END OCSP RESPONSE-----"; } \
        >"$out/$name-ocsp.pem"
done
rm "$out/revoked-ocsp.der"
cat revocation-leaf.pem revocation-issuing.pem "$out/issuing-crl.pem" "$out/root-crl.pem" >"$out/chain-and-lists.pem"
