#!/bin/sh
# Makes what the cases of the rules need besides `make.sh`: the parts of `chain.pem`, and leaves with chosen dates,
# purposes and signatures, by a CA whose key is thrown away. OpenSSL 3.0.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

awk -v names="chain-leaf chain-issuing chain-root" '
    BEGIN { split(names, name) }
    /BEGIN/ { n++ }
    { print > (name[n] ".pem") }' chain.pem
cat chain-leaf.pem chain-issuing.pem >chain-without-root.pem

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$keys/ca.key" -days 7300 \
    -subj "/O=Example AG/CN=Example Test CA" -out "$keys/ca.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$keys/leaf.key" \
    -subj "/O=Example AG/CN=mail.example.com" -out "$keys/leaf.csr" 2>/dev/null
: >"$keys/index" && echo 01 >"$keys/serial"
cat >"$keys/ca.cnf" <<C
[ca]
default_ca = one
[one]
dir = $keys
database = $keys/index
serial = $keys/serial
new_certs_dir = $keys
default_md = sha256
policy = any
unique_subject = no
[any]
organizationName = supplied
commonName = supplied
C
leaf() { # file, start, end, digest, extensions
    printf 'basicConstraints=CA:FALSE\n%s\n' "$5" >"$keys/ext"
    openssl ca -batch -notext -config "$keys/ca.cnf" -cert "$keys/ca.pem" -keyfile "$keys/ca.key" -in "$keys/leaf.csr" \
        -startdate "$2" -enddate "$3" -md "$4" -extfile "$keys/ext" -out "$1.pem" 2>/dev/null
}
san=subjectAltName=DNS:mail.example.com
server="$san
extendedKeyUsage=serverAuth"
# The last second counts: these have 398, 398 and a bit, and 200 days.
leaf leaf-398-days 20260101000000Z 20270202235959Z sha256 "$server"
leaf leaf-399-days 20260101000000Z 20270203000000Z sha256 "$server"
leaf leaf-200-days 20260315000000Z 20260930235959Z sha256 "$server"
leaf leaf-201-days 20260315000000Z 20261001000000Z sha256 "$server"
leaf leaf-client 20260901000000Z 20261201000000Z sha256 "$san
extendedKeyUsage=clientAuth"
leaf leaf-any-purpose 20260901000000Z 20261201000000Z sha256 "$san
extendedKeyUsage=anyExtendedKeyUsage"
leaf leaf-email 20260901000000Z 20261201000000Z sha256 "subjectAltName=email:a@example.com"
leaf leaf-no-san 20260901000000Z 20261201000000Z sha256 ""
leaf leaf-sha1 20260901000000Z 20261201000000Z sha1 "$server"
leaf leaf-sha224 20260901000000Z 20261201000000Z sha224 "$server"
