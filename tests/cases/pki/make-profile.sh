#!/bin/sh
# Makes what the cases of the profile's rules need: a root, an issuing CA and leaves that follow the Baseline Requirements
# but for one thing each, and a root that has another's name. Keys are thrown away. OpenSSL 3.0.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$keys/namesake.key" -days 7300 \
    -subj "/O=Example AG/CN=Example Root" -out chain-root-namesake.pem 2>/dev/null

for name in root ca leaf; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$keys/$name.key" 2>/dev/null
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out "$keys/e3.key" 2>/dev/null
cat >"$keys/ca.cnf" <<C
[ca]
default_ca = one
[one]
dir = $keys
database = $keys/index
new_certs_dir = $keys
default_md = sha256
policy = any
unique_subject = no
serial = $keys/serial
rand_serial = yes
preserve = yes
[counted]
dir = $keys
database = $keys/index
new_certs_dir = $keys
default_md = sha256
policy = any
unique_subject = no
serial = $keys/serial
[any]
organizationName = optional
organizationalUnitName = optional
commonName = optional
C
sign() { # section, issuer, key, subject, start, end, extensions, file
    : >"$keys/index"
    printf '%s\n' "$7" >"$keys/ext"
    openssl req -new -key "$keys/$3.key" -subj "$4" -out "$keys/csr" 2>/dev/null
    self=""
    [ "$2" = "$3" ] && self=-selfsign
    [ -n "$self" ] || cert="-cert $keys/$2.pem"
    openssl ca -batch -notext -preserveDN -config "$keys/ca.cnf" -name "$1" ${self:-$cert} -keyfile "$keys/$2.key" \
        -in "$keys/csr" -startdate "$5" -enddate "$6" -extfile "$keys/ext" -out "$8" 2>/dev/null
}
issuer="basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid"
sign one root root "/O=Example AG/CN=Profile Root" 20260101000000Z 20460101000000Z "$issuer" "$keys/root.pem"
cp "$keys/root.pem" profile-root.pem
authority() { # file, extensions
    sign one root ca "/O=Example AG/CN=Profile CA" 20260101000000Z 20360101000000Z "$2" "$1"
}
authority "$keys/ca.pem" "$issuer"
cp "$keys/ca.pem" profile-ca.pem
authority profile-ca-lax.pem "basicConstraints=CA:TRUE
keyUsage=digitalSignature
subjectKeyIdentifier=none
authorityKeyIdentifier=keyid"
authority profile-ca-constrained.pem "$issuer
nameConstraints=critical,permitted;DNS:example.com"
authority profile-ca-not-critical.pem "$issuer
nameConstraints=permitted;DNS:.example.com"
authority profile-ca-broken.pem "keyUsage=critical,keyCertSign
basicConstraints=critical,DER:0500
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid"
sign one root root "/O=Example AG/CN=Profile Root" 20260101000000Z 20460101000000Z "$issuer
extendedKeyUsage=serverAuth" profile-root-purposes.pem

common="basicConstraints=critical,CA:FALSE
certificatePolicies=2.23.140.1.2.2
authorityInfoAccess=caIssuers;URI:http://ca.example.com/ca.der"
keyids="authorityKeyIdentifier=keyid"
usage="keyUsage=critical,digitalSignature"
purpose="extendedKeyUsage=serverAuth"
san="subjectAltName=DNS:mail.example.com"
name="/CN=mail.example.com"
spring="20260401000000Z 20260629235959Z"
leaf() { # file, subject, start and end, extensions, [key]
    set -- "$1" "$2" ${3% *} ${3#* } "$4" "${5:-leaf}"
    sign one ca "$6" "$2" "$3" "$4" "$5" "profile-$1.pem"
}
all="$common
$keyids
$usage
$purpose"
leaf leaf "$name" "$spring" "$all
$san"
leaf no-common-name "/O=Example AG" "$spring" "$all
$san"
leaf common-name-case "/CN=Mail.example.com" "$spring" "$all
$san"
leaf common-name-other "/CN=Example Mail" "$spring" "$all
$san"
leaf common-name-two "/CN=mail.example.com/CN=mail.example.com" "$spring" "$all
$san"
leaf common-name-address "/CN=2606:4700::1111" "$spring" "$all
subjectAltName=IP:2606:4700:0:0:0:0:0:1111"
leaf common-name-address-long "/CN=2606:4700:0:0:0:0:0:1111" "$spring" "$all
subjectAltName=IP:2606:4700:0:0:0:0:0:1111"
leaf names-broken "$name" "$spring" "$all
subjectAltName=DER:3003870101"
leaf unit "/OU=Mail/CN=mail.example.com" "$spring" "$all
$san"
leaf unit-first-day "/OU=Mail/CN=mail.example.com" "20220901000000Z 20230901000000Z" "$all
$san"
leaf unit-day-before "/OU=Mail/CN=mail.example.com" "20220831235959Z 20230831000000Z" "$all
$san"
leaf purposes-mail "$name" "$spring" "$common
$keyids
$usage
$san
extendedKeyUsage=serverAuth,emailProtection"
leaf purposes-client "$name" "$spring" "$common
$keyids
$usage
$san
extendedKeyUsage=serverAuth,clientAuth"
leaf purposes-critical "$name" "$spring" "$common
$keyids
$usage
$san
extendedKeyUsage=critical,serverAuth"
leaf purposes-broken "$name" "$spring" "$common
$keyids
$usage
$san
extendedKeyUsage=DER:0500"
leaf no-authority "$name" "$spring" "$common
authorityKeyIdentifier=none
$usage
$purpose
$san"
leaf authority-issuer "$name" "$spring" "$common
authorityKeyIdentifier=keyid,issuer:always
$usage
$purpose
$san"
leaf exponent-3 "$name" "$spring" "$all
$san" e3
leaf constraints "$name" "$spring" "$all
nameConstraints=permitted;DNS:example.com
$san"
leaf signs "$name" "$spring" "$common
$keyids
$purpose
keyUsage=critical,digitalSignature,keyCertSign
$san"
leaf usage-broken "$name" "$spring" "$common
$keyids
$purpose
keyUsage=DER:0500
$san"
leaf names-critical "$name" "$spring" "$all
subjectAltName=critical,DNS:mail.example.com"
leaf bare "$name" "$spring" "$keyids
$usage
$purpose
$san"
leaf names-mail "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,email:post@example.com"
leaf names-wild "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,DNS:*.example.com"
leaf names-wilder "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,DNS:*.com,DNS:m*.example.com,DNS:a.*.example.com"
leaf names-suffix "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,DNS:*.co.uk,DNS:*.example.ck"
leaf names-suffix-excepted "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,DNS:*.example.co.uk,DNS:*.www.ck"
leaf names-odd "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,DNS:localhost,DNS:a..b,DNS:example.com.,DNS:192.0.2.1,DNS:_sip.example.com"
leaf names-reverse "$name" "20260315000000Z 20260601000000Z" "$all
subjectAltName=DNS:mail.example.com,DNS:1.2.0.192.in-addr.arpa"
leaf names-reverse-before "$name" "20260314235959Z 20260601000000Z" "$all
subjectAltName=DNS:mail.example.com,DNS:1.2.0.192.in-addr.arpa"
leaf address-public "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,IP:13.107.6.152,IP:2606:4700::1111"
leaf address-private "$name" "$spring" "$all
subjectAltName=DNS:mail.example.com,IP:13.107.6.152,IP:10.1.2.3"
# The last second counts: the longest that the days from which they are valid allow, and a second more.
lifetime() { # name, start, end
    leaf "lifetime-$1" "$name" "$2 $3" "$all
$san"
}
lifetime 200-the-day-before 20270314235959Z 20270930235958Z
lifetime 100 20270315000000Z 20270622235959Z
lifetime 100-and-a-second 20270315000000Z 20270623000000Z
lifetime 47 20290315000000Z 20290430235959Z
lifetime 47-and-a-second 20290315000000Z 20290501000000Z
counted() { # file, serial in hex, start
    echo "$2" >"$keys/serial"
    sign counted ca leaf "$name" "$3" 20260629235959Z "$all
$san" "profile-$1.pem"
}
counted serial-31-bits 7FFFFFFF 20260401000000Z
counted serial-32-bits 80000000 20260401000000Z
counted serial-56-bits FFFFFFFFFFFFFF 20260401000000Z
counted serial-57-bits 0100000000000000 20260401000000Z
counted serial-159-bits 7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 20260401000000Z
counted serial-160-bits 8000000000000000000000000000000000000000 20260401000000Z
counted serial-of-old 0100 20160929235959Z
