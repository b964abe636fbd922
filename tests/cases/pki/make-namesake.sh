#!/bin/sh
# Makes a server's certificate that is called as the CA that issued it, revoked: `namesake-*.pem` here, and
# `../formats/revocation/namesake-crls.pem`. OpenSSL 3.0. Keys are thrown away.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

for name in root issuing leaf authority late; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$keys/$name.key" 2>/dev/null
done
config() { # CA, the serial number that it gives next
    mkdir -p "$keys/$1" && : >"$keys/$1/index" && echo "$2" >"$keys/$1/serial" && echo 01 >"$keys/$1/crlnumber"
    cat >"$keys/$1.cnf" <<C
[ca]
default_ca = one
[one]
dir = $keys/$1
database = $keys/$1/index
serial = $keys/$1/serial
crlnumber = $keys/$1/crlnumber
new_certs_dir = $keys/$1
certificate = $keys/$1.pem
private_key = $keys/$1.key
default_md = sha256
policy = any
unique_subject = no
crl_extensions = list
[any]
commonName = supplied
[list]
authorityKeyIdentifier = keyid
C
}
config root 4A00000000000001
config issuing 07
begin=20261101000000Z
issue() { # CA, name, common name, options, extensions
    openssl req -new -key "$keys/$2.key" -subj "/CN=$3" -out "$keys/$2.csr"
    printf 'subjectKeyIdentifier=hash\n%s\n' "$5" >"$keys/ext"
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$keys/$1.cnf" $4 -in "$keys/$2.csr" -extfile "$keys/ext" \
        -startdate $begin -enddate 20270101000000Z -out "$keys/$2.pem" 2>/dev/null
}
authority="basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign"
issue root root "Example Root of a Namesake" -selfsign "$authority"
issue root issuing mail.example.com "" "$authority
authorityKeyIdentifier=keyid"
server="basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:mail.example.com"
issue issuing leaf mail.example.com "" "$server
authorityKeyIdentifier=none"
issue issuing authority mail.example.com "" "$server
authorityKeyIdentifier=keyid"
begin=20261121000000Z
issue issuing late mail.example.com "" "$server"
openssl ca -config "$keys/issuing.cnf" -revoke "$keys/leaf.pem" -crl_reason keyCompromise 2>/dev/null
awk -F '\t' -v OFS='\t' '$1 == "R" { split($3, part, ","); $3 = "261110000000Z," part[2] } { print }' \
    "$keys/issuing/index" >"$keys/index" && cp "$keys/index" "$keys/issuing/index"
for name in root issuing; do
    openssl ca -gencrl -config "$keys/$name.cnf" -crl_lastupdate 20261120000000Z -crl_nextupdate 20261130000000Z \
        -out "$keys/$name.crl" 2>/dev/null
done
for name in root issuing leaf authority late; do cp "$keys/$name.pem" "namesake-$name.pem"; done
cat "$keys/issuing.crl" "$keys/root.crl" >../formats/revocation/namesake-crls.pem
